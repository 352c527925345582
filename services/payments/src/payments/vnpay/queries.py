"""What readers may know of requests for payment."""

from chassis.database import Session
from payments.vnpay.tables import VnpayRequest


async def request(session: Session, reference: str) -> VnpayRequest | None:
    """Give a request for payment."""
    return await session.get(VnpayRequest, reference)
