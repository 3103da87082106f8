"""What other services are asked at the server's port is answered by the one behind it."""

import hashlib
import re

import httpx
import pytest
from botocore.exceptions import ClientError

from conftest import Server

LARGE = 20 << 20


@pytest.fixture
def before(tmp_path, moto):
    """A server with moto behind it."""
    server = Server(tmp_path / "data", "--upstream", moto).start()
    yield server
    assert server.stop() == 0


def peak(server):
    """The most memory that the server has had, in bytes."""
    status = open(f"/proc/{server.process.pid}/status").read()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) << 10


class Pattern:
    """A body that is made while it is read."""

    def __init__(self, size):
        self.left, self.sum = size, hashlib.sha256()

    def read(self, n=-1):
        piece = b"gatehouse!" * 6554
        piece = piece[: min(self.left, len(piece), n if n > 0 else len(piece))]
        self.left -= len(piece)
        self.sum.update(piece)
        return piece


def test_s3_and_dynamodb(before):
    s3 = before.client("s3")
    s3.create_bucket(Bucket="uploads")
    s3.put_object(Bucket="uploads", Key="a key/with é", Body=b"data", Metadata={"Mine": "1"})
    got = s3.get_object(Bucket="uploads", Key="a key/with é")
    assert got["Body"].read() == b"data" and got["Metadata"] == {"mine": "1"}
    with pytest.raises(ClientError) as missing:
        s3.get_object(Bucket="uploads", Key="none")
    assert missing.value.response["Error"]["Code"] == "NoSuchKey"
    db = before.client("dynamodb")
    db.create_table(TableName="orders", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    db.put_item(TableName="orders", Item={"id": {"S": "1"}})
    assert db.get_item(TableName="orders", Key={"id": {"S": "1"}})["Item"] == {"id": {"S": "1"}}
    assert before.client().get_rest_apis()["items"] == []  # answered here
    before.logs("operation=upstream:s3")


def test_large_objects_stream(before):
    s3 = before.client("s3")
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="warm", Body=b"x")
    had = peak(before)
    url = s3.generate_presigned_url("put_object", Params={"Bucket": "large", "Key": "k"})
    body = Pattern(LARGE)
    pieces = iter(lambda: body.read(65536), b"")
    assert httpx.put(url, content=pieces, headers={"Content-Length": str(LARGE)}, timeout=60).status_code == 200
    back = hashlib.sha256()
    size = 0
    for piece in s3.get_object(Bucket="large", Key="k")["Body"].iter_chunks(65536):
        back.update(piece)
        size += len(piece)
    assert size == LARGE and back.hexdigest() == body.sum.hexdigest()
    assert peak(before) - had < LARGE / 2


def test_cli(before):
    before.aws("s3api", "create-bucket", "--bucket", "by-cli", "--output", "json")
    names = [b["Name"] for b in before.aws("s3api", "list-buckets", "--output", "json")["Buckets"]]
    assert "by-cli" in names
    assert before.aws("sts", "get-caller-identity", "--output", "json")["Account"] == "000000000000"


def test_nobody_behind(server):
    for service, ask in {"s3": lambda c: c.list_buckets(), "dynamodb": lambda c: c.list_tables(), "sns": lambda c: c.list_topics()}.items():
        with pytest.raises(ClientError) as refused:
            ask(server.client(service))
        error = refused.value.response
        assert error["Error"]["Code"] == "UnknownOperationException" and error["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert error["Error"]["Message"].startswith("This server speaks API Gateway"), service


def test_upstream_away(tmp_path):
    server = Server(tmp_path / "data", "--upstream", "http://127.0.0.1:1").start()
    with pytest.raises(ClientError) as refused:
        server.client("s3").list_buckets()
    assert refused.value.response["Error"] == {"Code": "BadGateway", "Message": "The upstream 127.0.0.1:1 refuses connections"}
    assert server.stop() == 0
