"""Writes botocore.jsonl: requests that botocore signs, as they go over the wire.

Run with botocore installed: python sign_with_botocore.py > botocore.jsonl
"""
import datetime
import json
import random
from urllib.parse import quote, urlsplit
from unittest import mock

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2015, 8, 30, 12, 36, 0)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
ALPHABET = "abXY09-._~ /:+%&=?#*()[]{}@!$',;\"<>|\\^`é漢𝄞"
rng = random.Random(7)


def text(n):
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randrange(n + 1)))


def request(with_body):
    path = "/prod" + "".join(rng.choice(["/", "//"]) + quote(text(6), safe="~") for _ in range(rng.randrange(4)))
    params = {text(4): [text(6) for _ in range(1 + rng.randrange(2))] for _ in range(rng.randrange(4))}
    query = "&".join(quote(k, safe="~") + "=" + quote(v, safe="~") for k, vs in params.items() for v in vs)
    url = "https://a1b2.execute-api.us-east-1.amazonaws.com" + path + ("?" + query if query else "")
    headers = {"X-Some-%d" % i: (text(6) + "  " + text(6)).encode("ascii", "ignore").decode().strip() for i in range(rng.randrange(3))}
    body = text(30) if with_body and rng.random() < 0.7 else ""
    method = rng.choice(["GET", "POST", "PUT", "PATCH", "DELETE"])
    return AWSRequest(method=method, url=url, headers=headers, data=body.encode())


def main():
    for i in range(120):
        token = "FwoGZXIvYXdzE//+=" if i % 3 == 0 else None
        cls = auth.SigV4QueryAuth if i % 2 else auth.SigV4Auth
        r = request(with_body=cls is auth.SigV4Auth)
        with mock.patch.object(auth, "get_current_datetime", lambda *a, **k: NOW):
            cls(Credentials("AKIDEXAMPLE", SECRET, token), "execute-api", "us-east-1").add_auth(r)
        u = urlsplit(r.url)
        print(json.dumps({
            "method": r.method, "path": u.path, "query": u.query, "host": u.netloc, "body": (r.data or b"").decode(),
            "headers": [[k, v.decode() if isinstance(v, bytes) else v] for k, v in r.headers.items()], "token": token or "",
        }, ensure_ascii=False))


main()
