"""A server that asks for credentials: signatures and policies, as boto3 sees them."""

import boto3
import pytest
from botocore.exceptions import ClientError
from conftest import Server

KEYS = """
- accessKeyId: AKIAADMINEXAMPLE1111
  secretAccessKey: admin-secret-admin-secret-admin-secret
  account: "111111111111"
- accessKeyId: AKIAREADEREXAMPLE111
  secretAccessKey: reader-secret-reader-secret-reader
  account: "111111111111"
  principal: arn:aws:iam::111111111111:user/reader
  policy:
    Version: 2012-10-17
    Statement:
      - {Effect: Allow, Action: "apigateway:GET", Resource: "*"}
- accessKeyId: AKIADISABLEDEXAMPLE1
  secretAccessKey: disabled-secret-disabled-secret-disa
  account: "111111111111"
  disabled: true
"""


@pytest.fixture
def guarded(tmp_path):
    keys = tmp_path / "keys.yaml"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    server = Server(tmp_path / "data", "--credentials", str(keys)).start()
    yield server
    assert server.stop() == 0


def refused(call):
    with pytest.raises(ClientError) as error:
        call()
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_who_may_do_what(guarded):
    admin = guarded.client(aws_access_key_id="AKIAADMINEXAMPLE1111", aws_secret_access_key="admin-secret-admin-secret-admin-secret")
    reader = guarded.client(aws_access_key_id="AKIAREADEREXAMPLE111", aws_secret_access_key="reader-secret-reader-secret-reader")
    api = admin.create_rest_api(name="guarded")["id"]
    assert reader.get_rest_api(restApiId=api)["name"] == "guarded"
    status, code, message = refused(lambda: reader.delete_rest_api(restApiId=api))
    assert (status, code) == (403, "AccessDeniedException")
    assert message == (
        "User: arn:aws:iam::111111111111:user/reader is not authorized to perform: apigateway:DELETE on resource: "
        f"arn:aws:apigateway:us-east-1::/restapis/{api} because no identity-based policy allows the apigateway:DELETE action"
    )

    wrong = guarded.client(aws_access_key_id="AKIAADMINEXAMPLE1111", aws_secret_access_key="not-the-secret-not-the-secret-not")
    assert refused(wrong.get_rest_apis)[:2] == (403, "InvalidSignatureException")
    unknown = guarded.client(aws_access_key_id="AKIANOBODYEXAMPLE111", aws_secret_access_key="x" * 20)
    assert refused(unknown.get_rest_apis)[:2] == (403, "UnrecognizedClientException")

    disabled = guarded.client(aws_access_key_id="AKIADISABLEDEXAMPLE1", aws_secret_access_key="disabled-secret-disabled-secret-disa")
    with pytest.raises(disabled.exceptions.UnauthorizedException) as error:
        disabled.put_method_response(restApiId=api, resourceId="x", httpMethod="GET", statusCode="200")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 401


def identity(server, key, secret):
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, region_name="us-east-1")
    return session.client("sts", endpoint_url=server.url).get_caller_identity()


def test_caller_identity(guarded):
    answer = identity(guarded, "AKIAREADEREXAMPLE111", "reader-secret-reader-secret-reader")
    assert (answer["Account"], answer["Arn"], answer["UserId"]) == ("111111111111", "arn:aws:iam::111111111111:user/reader", "reader")
    with pytest.raises(ClientError, match=r"\(InvalidClientTokenId\).*The security token included in the request is invalid"):
        identity(guarded, "AKIANOBODYEXAMPLE111", "reader-secret-reader-secret-reader")
    with pytest.raises(ClientError, match=r"\(SignatureDoesNotMatch\)"):
        identity(guarded, "AKIAREADEREXAMPLE111", "another-secret-another-secret-anot")
