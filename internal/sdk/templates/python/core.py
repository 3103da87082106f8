"""The parts of the client that are the same for every API."""

import datetime
import hashlib
import hmac
import json
import re
import urllib.error
import urllib.parse
import urllib.request


class Response:
    """An answer: status, headers and the bytes of the body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.body)


class ApiError(Exception):
    """An answer whose status is no success. Its response has it whole."""

    def __init__(self, response):
        super().__init__(f"the API answered {response.status}")
        self.response = response
        self.status = response.status


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the caller: they would take keys to another host."""

    def redirect_request(self, *_):
        return None


class BaseClient:
    """Sends the calls of a client's methods. Threads may share it."""

    def __init__(self, invoke_url, region, access_key, secret_key, session_token, api_key, timeout):
        url = urllib.parse.urlsplit(invoke_url)
        self._origin, self._base, self._host = f"{url.scheme}://{url.netloc}", url.path.rstrip("/"), url.netloc
        self._region, self._api_key, self._timeout = region, api_key, timeout
        self._access_key, self._secret_key, self._session_token = access_key, secret_key, session_token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def _call(self, verb, path, declared, params, body, headers, query_params):
        params = params or {}
        for name in declared["required"]:
            _given(params, name)
        path = self._base + _expand(path, params)
        query = _query({**_pick(params, declared["query"]), **(query_params or {})})
        data = _bytes(body)
        lines = self._headers({**_pick(params, declared["headers"]), **(headers or {})}, data)
        if self._access_key and self._secret_key:
            self._sign(verb, path, query, lines, data or b"")
        url = self._origin + path + ("?" + query if query else "")
        request = urllib.request.Request(url, data=data, method=verb, headers=lines)
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return Response(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(Response(error.code, error.headers, error.read())) from None

    def _headers(self, given, data):
        lines = {name.lower(): ", ".join(_values(value)) for name, value in given.items() if _values(value)}
        lines.setdefault("accept", "application/json")
        if data is not None:
            lines.setdefault("content-type", "application/json")
        if self._api_key:
            lines.setdefault("x-api-key", self._api_key)
        lines["host"] = self._host
        return lines

    def _sign(self, verb, path, query, lines, data):
        """Signs a call for the service execute-api with Signature Version 4."""
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        lines["x-amz-date"] = date
        if self._session_token:
            lines["x-amz-security-token"] = self._session_token
        names = sorted(name for name in lines if name in ("host", "content-type") or name.startswith("x-amz-"))
        signed = "".join(f"{name}:{re.sub(' +', ' ', lines[name].strip())}\n" for name in names)
        canonical = "\n".join([verb, _quote(path, "/"), query, signed, ";".join(names), hashlib.sha256(data).hexdigest()])
        scope = [date[:8], self._region, "execute-api", "aws4_request"]
        text = "\n".join(["AWS4-HMAC-SHA256", date, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + self._secret_key).encode()
        for part in [*scope, text]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        credential = f"{self._access_key}/{'/'.join(scope)}"
        lines["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={';'.join(names)}, Signature={key.hex()}"


def _given(params, name):
    if params.get(name) is None or params[name] == "":
        raise ValueError(f"{name} must be given")


def _pick(params, names):
    return {name: params[name] for name in names if name in params}


def _bytes(body):
    """The body as it is sent, None for none."""
    if body is None or isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _values(value):
    """The texts of a parameter: a list or tuple has several, None has none."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [str(v).lower() if isinstance(v, bool) else str(v) for v in values if v is not None]


def _quote(text, safe=""):
    return urllib.parse.quote(text, safe=safe)


def _expand(path, params):
    """Puts parameters in the place of {name} and, with their slashes, of {name+}.

    A segment of dots would be another resource's path.
    """

    def value(match):
        name, greedy = match.groups()
        _given(params, name)
        text = _values(params[name])[0]
        segments = text.split("/") if greedy else [text]
        if any(s in (".", "..") for s in segments):
            raise ValueError(f"{name} must not be . or ..")
        return "/".join(map(_quote, segments))

    return re.sub(r"\{([^{}+]+)(\+?)\}", value, path)


def _query(params):
    pairs = [(_quote(name), _quote(v)) for name, value in params.items() for v in _values(value)]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
