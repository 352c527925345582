// Verify a webhook of Standard Webhooks, over the raw body, before it is parsed.
"use strict";

const crypto = require("node:crypto");

const TOLERANCE_SECONDS = 300;

/** Tells whether the body (a Buffer) is what the holder of the secret (whsec_…) signed just now. */
function verify(secret, headers, body) {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const moment = given["webhook-timestamp"] ?? "";
  if (!/^[0-9]+$/.test(moment)) return false;
  if (Math.abs(Date.now() / 1000 - Number(moment)) > TOLERANCE_SECONDS) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = Buffer.concat([Buffer.from(`${given["webhook-id"] ?? ""}.${moment}.`), body]);
  const expected = Buffer.from("v1," + crypto.createHmac("sha256", key).update(signed).digest("base64"));
  // While a secret is being replaced both sign: any of the signatures may be the one we know.
  return (given["webhook-signature"] ?? "").split(" ").some((text) => {
    const one = Buffer.from(text);
    return one.length === expected.length && crypto.timingSafeEqual(one, expected);
  });
}

module.exports = { verify };
