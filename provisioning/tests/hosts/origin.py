"""A web server of the internet, for proxies to ask: origin.py ADDRESS PORT…

/count?path=P     how often P was asked for
/headers          the headers of this very request
anything else     some text that names the path; ?age=S says how long it may be kept, ?slow=S answers after a while
"""

import json
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from urllib.parse import parse_qs, urlsplit

asked: Counter[str] = Counter()


class Origin(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/count":
            self.answer(str(asked[query["path"]]))
        elif url.path == "/headers":
            self.answer(json.dumps(dict(self.headers)))
        else:
            asked[url.path] += 1
            time.sleep(float(query.get("slow", 0)))
            self.answer(f"this is {url.path}\n", f"max-age={query['age']}" if "age" in query else "no-store")

    do_HEAD = do_POST = do_GET

    def answer(self, text: str, keep: str = "no-store") -> None:
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", keep)
        self.send_header("Last-Modified", self.date_time_string())
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # the one between asks DNS for its name, which is waited for where there is none


if __name__ == "__main__":
    for port in sys.argv[2:]:
        threading.Thread(target=Server((sys.argv[1], int(port)), Origin).serve_forever).start()
