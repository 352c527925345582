<?php
// Verify a webhook of Standard Webhooks, over the raw body, before it is parsed.
declare(strict_types=1);

const TOLERANCE_SECONDS = 300;

/** Tells whether the body is what the holder of the secret (whsec_…) signed just now. */
function verify(string $secret, array $headers, string $body): bool
{
    $given = array_change_key_case($headers, CASE_LOWER);
    $moment = $given['webhook-timestamp'] ?? '';
    if (preg_match('/^[0-9]+$/D', $moment) !== 1) {
        return false;
    }
    if (abs(time() - (int) $moment) > TOLERANCE_SECONDS) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $signed = ($given['webhook-id'] ?? '') . '.' . $moment . '.' . $body;
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
    // While a secret is being replaced both sign: any of the signatures may be the one we know.
    foreach (explode(' ', $given['webhook-signature'] ?? '') as $one) {
        if (hash_equals($expected, $one)) {
            return true;
        }
    }
    return false;
}
