"""Methods that take the tokens of a user pool: moto's Cognito issues them."""

import base64
import json

import pytest
from conftest import ACCOUNT, Server, call

PASSWORD = "Correct-horse-7"
SCOPE = "aws.cognito.signin.user.admin"  # of tokens that users get by their password


class Pool:
    """A user pool with one user in two groups."""

    def __init__(self, cognito):
        self.cognito = cognito
        self.id = cognito.create_user_pool(PoolName="shop", Schema=[{"Name": "role", "AttributeDataType": "String", "Mutable": True}])["UserPool"]["Id"]
        self.arn = f"arn:aws:cognito-idp:us-east-1:{ACCOUNT}:userpool/{self.id}"
        self.app = cognito.create_user_pool_client(UserPoolId=self.id, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])["UserPoolClient"]["ClientId"]
        cognito.admin_create_user(
            UserPoolId=self.id, Username="ada", UserAttributes=[{"Name": "email", "Value": "ada@example.com"}, {"Name": "custom:role", "Value": "keeper"}]
        )
        cognito.admin_set_user_password(UserPoolId=self.id, Username="ada", Password=PASSWORD, Permanent=True)
        for group in ("cats", "dogs"):
            cognito.create_group(UserPoolId=self.id, GroupName=group)
            cognito.admin_add_user_to_group(UserPoolId=self.id, Username="ada", GroupName=group)

    def tokens(self):
        done = self.cognito.initiate_auth(ClientId=self.app, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD})
        return done["AuthenticationResult"]


@pytest.fixture(scope="module")
def pool(service):
    return Pool(service("cognito-idp"))


@pytest.fixture(scope="module")
def other(service):
    return Pool(service("cognito-idp"))


@pytest.fixture
def server(tmp_path, moto):
    server = Server(tmp_path / "data", "--aws-endpoint-url", moto).start()
    yield server
    assert server.stop() == 0


TEMPLATE = """{"sub": "$context.authorizer.claims.sub", "use": "$context.authorizer.claims.token_use", "exp": "$context.authorizer.claims.exp",
"groups": "$context.authorizer.claims['cognito:groups']", "role": "$context.authorizer.claims['custom:role']", "scope": "$context.authorizer.claims.scope"}"""


def deploy(client, pool, scopes=(), expression=None):
    """An API whose one method answers with claims. Returns its id."""
    api = client.create_rest_api(name="shop")["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    more = {"identityValidationExpression": expression} if expression else {}
    authorizer = client.create_authorizer(
        restApiId=api, name="pool", type="COGNITO_USER_POOLS", providerARNs=[pool.arn], identitySource="method.request.header.Authorization", **more
    )["id"]
    at = dict(restApiId=api, resourceId=root, httpMethod="GET")
    client.put_method(**at, authorizationType="COGNITO_USER_POOLS", authorizerId=authorizer, authorizationScopes=list(scopes))
    client.put_method_response(**at, statusCode="200")
    client.put_integration(**at, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    client.put_integration_response(**at, statusCode="200", responseTemplates={"application/json": TEMPLATE})
    client.create_deployment(restApiId=api, stageName="prod")
    return api


def get(server, api, token=None):
    headers = {"Authorization": token} if token else {}
    return call(f"{server.url}/_aws/execute-api/{api}/prod/", headers=headers)


def refused(answer, status=401, message="Unauthorized"):
    assert (answer.status, answer.json) == (status, {"message": message}), answer.body


def test_id_token(server, pool, other):
    api = deploy(server.client(), pool)
    tokens = pool.tokens()
    for token in (tokens["IdToken"], "Bearer " + tokens["IdToken"]):
        answer = get(server, api, token)
        assert answer.status == 200, answer.body
        claims = answer.json
        assert claims["use"] == "id" and claims["role"] == "keeper" and sorted(claims["groups"].split(",")) == ["cats", "dogs"]
        assert " UTC 20" in claims["exp"]
    refused(get(server, api))
    refused(get(server, api, "hello"))
    refused(get(server, api, tokens["AccessToken"]))
    refused(get(server, api, other.tokens()["IdToken"]))


def test_access_token(server, pool):
    tokens = pool.tokens()
    api = deploy(server.client(), pool, scopes=["pets/write", SCOPE])
    answer = get(server, api, tokens["AccessToken"])
    assert answer.status == 200, answer.body
    assert answer.json["use"] == "access" and SCOPE in answer.json["scope"].split()
    refused(get(server, api, tokens["IdToken"]))
    refused(get(server, deploy(server.client(), pool, scopes=["pets/write"]), tokens["AccessToken"]))


def test_audience(server, pool):
    token = pool.tokens()["IdToken"]
    assert get(server, deploy(server.client(), pool, expression=pool.app), token).status == 200
    refused(get(server, deploy(server.client(), pool, expression="another"), token))


def test_altered_token(server, pool):
    api = deploy(server.client(), pool)
    head, payload, signature = pool.tokens()["IdToken"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    claims["cognito:groups"] = ["admins"]
    altered = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    refused(get(server, api, f"{head}.{altered}.{signature}"))
    nobody = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    refused(get(server, api, f"{nobody}.{altered}."))


def test_of_authorizer(server, pool):
    """TestInvokeAuthorizer says what a token claims, or what its client would get."""
    client = server.client()
    api = deploy(client, pool)
    authorizer = client.get_authorizers(restApiId=api)["items"][0]["id"]
    token = pool.tokens()["IdToken"]
    done = client.test_invoke_authorizer(restApiId=api, authorizerId=authorizer, headers={"Authorization": token})
    assert done["clientStatus"] == 0 and done["claims"]["custom:role"] == "keeper" and " UTC 20" in done["claims"]["exp"], done
    assert "Successfully completed authorizer execution" in done["log"] and token not in done["log"]
    done = client.test_invoke_authorizer(restApiId=api, authorizerId=authorizer, headers={"Authorization": token[:-4] + "AAAA"})
    assert done["clientStatus"] == 401 and "claims" not in done and "Unauthorized request: " in done["log"], done


def test_mapped_pool(tmp_path, moto, pool):
    """A pool's keys come from where the setting says."""
    flags = ("--aws=false", "--identity-pools", f"{pool.arn}=keys={moto}/{{pool}}/.well-known/jwks.json")
    server = Server(tmp_path / "data", *flags).start()
    assert get(server, deploy(server.client(), pool), pool.tokens()["IdToken"]).status == 200
    assert server.stop() == 0


def test_unknown_pool(tmp_path, pool):
    """A pool that has no keys lets nobody in."""
    server = Server(tmp_path / "data", "--aws=false").start()
    answer = get(server, deploy(server.client(), pool), pool.tokens()["IdToken"])
    assert (answer.status, answer.json) == (500, {"message": None})
    assert answer.headers["x-amzn-ErrorType"] == "AuthorizerConfigurationException"
    assert server.stop() == 0
