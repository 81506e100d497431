# An SMTP server of aiosmtpd: STARTTLS on its first port, TLS from the start on its second.
# Arguments: certificate, key, CA, and what it asks of a client: "required", "optional" or "recipient", where a client
# without a certificate is turned away at the recipient.
import asyncio
import ssl
import sys

from aiosmtpd.smtp import SMTP


class Handler:
    def __init__(self, asked):
        self.asked = asked

    async def handle_RCPT(self, server, session, envelope, address, options):
        certificate = server.transport.get_extra_info("peercert")
        if self.asked == "recipient" and not certificate:
            return "554 5.7.1 Access denied: no client certificate"
        envelope.rcpt_tos.append(address)
        return "250 OK"


async def main():
    certificate, key, ca, asked = sys.argv[1:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED if asked == "required" else ssl.CERT_OPTIONAL
    loop = asyncio.get_running_loop()
    started = await loop.create_server(
        lambda: SMTP(Handler(asked), tls_context=context, require_starttls=True), "127.0.0.1", 0
    )
    secure = await loop.create_server(lambda: SMTP(Handler(asked)), "127.0.0.1", 0, ssl=context)
    ports = [server.sockets[0].getsockname()[1] for server in (started, secure)]
    print("ports", *ports, flush=True)
    await started.serve_forever()


asyncio.run(main())
