#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A real SMTP server for tests: takes orders as JSON lines on standard input,
tells what it received as JSON lines on standard output."""
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

options = json.loads(sys.argv[1])
state = {'mode': options.get('mode', 'accept')}
servers = []


def say(event, **fields):
    print(json.dumps({'event': event, **fields}), flush=True)


def part_text(message, kind):
    part = message.get_body(preferencelist=(kind,))
    return part.get_content() if part is not None else None


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        envelope.mail_from = address
        envelope.mail_options.extend(mail_options)
        return '250 OK'

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if state['mode'] == 'reject':
            return f'550 5.1.1 <{address}>: no such user here'
        if state['mode'] == 'temporary':
            return f'451 4.3.0 <{address}>: try again later'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        if state['mode'] == 'stall':
            say('stalled')
            await asyncio.sleep(3600)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say('message', envelopeFrom=envelope.mail_from, envelopeTo=envelope.rcpt_tos,
            headers={name.lower(): str(value) for name, value in message.items()},
            subject=str(message['subject']), text=part_text(message, 'plain'),
            html=part_text(message, 'html'), raw=envelope.content.decode('utf-8', 'replace'),
            tls=session.ssl is not None, login=getattr(session, 'signed_in', None) is not None)
        return '250 OK'


class Sink(SMTP):
    """Notes connections and lines, so that a test sees what was said in clear."""

    def connection_made(self, transport):
        if state['mode'] == 'hang' and transport.get_extra_info('sslcontext') is None:
            say('hung')
            self.hung = transport
            return
        say('connection')
        super().connection_made(transport)

    def connection_lost(self, error):
        if getattr(self, 'hung', None) is None:
            super().connection_lost(error)

    def data_received(self, data):
        if getattr(self, 'hung', None) is None:
            super().data_received(data)

    def eof_received(self):
        return None if getattr(self, 'hung', None) else super().eof_received()

    async def smtp_EHLO(self, hostname):
        say('command', verb='EHLO', tls=self.session.ssl is not None)
        await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg):
        say('command', verb='MAIL', tls=self.session.ssl is not None)
        await super().smtp_MAIL(arg)


def authenticate(server, session, envelope, mechanism, data):
    good = (isinstance(data, LoginPassword)
            and data.login.decode() == options.get('user')
            and data.password.decode() == options.get('password'))
    say('auth', good=good, tls=session.ssl is not None)
    if good:
        session.signed_in = True
    return AuthResult(success=good)


def protocol():
    context = None
    if options.get('tls'):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options['certificate'], options['key'])
    return Sink(Handler(), hostname='sink.example.test', enable_SMTPUTF8=True, tls_context=context,
                require_starttls=bool(context), authenticator=authenticate if options.get('user') else None,
                auth_required=bool(options.get('user')), auth_require_tls=bool(context))


async def listen():
    loop = asyncio.get_running_loop()
    servers.append(await loop.create_server(protocol, '127.0.0.1', options['port'], reuse_address=True))


async def obey(order):
    if order['mode'] == 'down':
        for server in servers:
            server.close()
        servers.clear()
    elif not servers:
        await listen()
    state['mode'] = order['mode']
    say('mode', mode=order['mode'])


async def main():
    if state['mode'] != 'down':
        await listen()
    say('ready')
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        await obey(json.loads(line))


asyncio.run(main())
