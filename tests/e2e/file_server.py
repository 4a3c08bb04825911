# SPDX-License-Identifier: Apache-2.0

"""A local HTTP(S) server for tests: serves a dictionary of files, with ranges and ETags, and can break off."""

import hashlib
import http.server
import ssl
import subprocess
import threading


class FileServer:
    """files: {path: bytes}; requests: what was asked, as (path, Range header or None)."""

    def __init__(self, files, certificate=None):
        self.files = dict(files)
        self.requests = []
        self.break_after = {}  # path: bytes after which the next answer breaks off, once
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                wanted = self.headers.get("Range")
                outer.requests.append((self.path, wanted))
                body = outer.files.get(self.path)
                if body is None:
                    self.send_error(404)
                    return
                tag = '"' + hashlib.sha1(body).hexdigest() + '"'
                start = 0
                if wanted and self.headers.get("If-Range") == tag:
                    start = int(wanted.removeprefix("bytes=").rstrip("-"))
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                self.send_header("ETag", tag)
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                end = outer.break_after.pop(self.path, len(body))
                self.wfile.write(body[start:end])
                if end < len(body):
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.shutdown(2)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"{self.scheme}://localhost:{self.server.server_address[1]}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def with_md5(files):
    """The files and a `.md5` beside each, as Kenning's server has them."""
    return {**files, **{path + ".md5": hashlib.md5(body).hexdigest().encode() for path, body in files.items()}}


def make_certificate(folder):
    """(certificate, key) for localhost, made on the spot; None without the openssl program."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate,
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        return None
    return str(certificate), str(key)
