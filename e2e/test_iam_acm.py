"""IAM and ACM: each call with boto3, most with the aws CLI, and a role's and a certificate's way with the JavaScript SDK."""

import base64
import json
import os
import shutil
import subprocess

import pytest
from botocore.exceptions import ClientError

from conftest import CACHE, ROOT, Server

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["logs:*"], "Resource": "arn:aws:logs:*:*:*", "Condition": {"StringLike": {"aws:PrincipalTag/team": "a b+%"}}}]}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def keeps(tmp_path):
    """A server that keeps private keys."""
    key = tmp_path / "secrets.key"
    key.write_text(base64.b64encode(os.urandom(32)).decode())
    key.chmod(0o600)
    server = Server(tmp_path / "data", "--secrets-key-file", str(key)).start()
    yield server
    assert server.stop() == 0


def refused(code, what, *args, **kwargs):
    with pytest.raises(ClientError) as e:
        what(*args, **kwargs)
    assert e.value.response["Error"]["Code"] == code, e.value
    return e.value.response["Error"]["Message"]


def test_iam(keeps):
    c = keeps.client("iam")
    role = c.create_role(RoleName="app", Path="/team/", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "env", "Value": ""}])["Role"]
    assert role["Arn"] == "arn:aws:iam::000000000000:role/team/app" and role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert refused("EntityAlreadyExists", c.create_role, RoleName="APP", AssumeRolePolicyDocument=TRUST) == "Role with name APP already exists."
    c.get_waiter("role_exists").wait(RoleName="app")
    c.update_role(RoleName="app", Description="é", MaxSessionDuration=7200)
    c.update_role_description(RoleName="app", Description="of the app")
    c.update_assume_role_policy(RoleName="app", PolicyDocument=TRUST)
    c.tag_role(RoleName="app", Tags=[{"Key": "a", "Value": "b"}])
    c.untag_role(RoleName="app", TagKeys=["env"])
    assert c.list_role_tags(RoleName="app")["Tags"] == [{"Key": "a", "Value": "b"}]
    role = c.get_role(RoleName="app")["Role"]
    assert (role["Description"], role["MaxSessionDuration"], role["Tags"]) == ("of the app", 7200, [{"Key": "a", "Value": "b"}])
    assert [r["RoleName"] for r in c.get_paginator("list_roles").paginate(PathPrefix="/team").build_full_result()["Roles"]] == ["app"]

    c.put_role_policy(RoleName="app", PolicyName="logs", PolicyDocument=json.dumps(POLICY))
    assert c.get_role_policy(RoleName="app", PolicyName="logs")["PolicyDocument"] == POLICY
    assert c.list_role_policies(RoleName="app")["PolicyNames"] == ["logs"]
    c.attach_role_policy(RoleName="app", PolicyArn=BASIC)
    arn = c.create_policy(PolicyName="logs", PolicyDocument=json.dumps(POLICY), Tags=[{"Key": "a", "Value": "b"}])["Policy"]["Arn"]
    c.get_waiter("policy_exists").wait(PolicyArn=arn)
    c.attach_role_policy(RoleName="app", PolicyArn=arn)
    c.put_role_permissions_boundary(RoleName="app", PermissionsBoundary=arn)
    assert c.get_role(RoleName="app")["Role"]["PermissionsBoundary"] == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    assert {p["PolicyName"] for p in c.list_attached_role_policies(RoleName="app")["AttachedPolicies"]} == {"AWSLambdaBasicExecutionRole", "logs"}
    assert [r["RoleName"] for r in c.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]] == ["app"]
    assert (c.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], c.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"]) == (1, 1)
    c.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(POLICY), SetAsDefault=True)
    assert c.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"] == POLICY
    assert [v["VersionId"] for v in c.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2", "v1"]
    c.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    c.delete_policy_version(PolicyArn=arn, VersionId="v2")
    c.tag_policy(PolicyArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    c.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert c.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    assert [p["Arn"] for p in c.list_policies(Scope="Local")["Policies"]] == [arn]

    c.create_instance_profile(InstanceProfileName="web", Tags=[{"Key": "a", "Value": "b"}])
    c.add_role_to_instance_profile(InstanceProfileName="web", RoleName="app")
    c.get_waiter("instance_profile_exists").wait(InstanceProfileName="web")
    c.tag_instance_profile(InstanceProfileName="web", Tags=[{"Key": "c", "Value": "d"}])
    c.untag_instance_profile(InstanceProfileName="web", TagKeys=["a"])
    assert c.list_instance_profile_tags(InstanceProfileName="web")["Tags"] == [{"Key": "c", "Value": "d"}]
    assert c.get_instance_profile(InstanceProfileName="web")["InstanceProfile"]["Roles"][0]["RoleName"] == "app"
    assert [p["InstanceProfileName"] for p in c.list_instance_profiles_for_role(RoleName="app")["InstanceProfiles"]] == ["web"]
    assert len(c.list_instance_profiles()["InstanceProfiles"]) == 1
    assert "must remove roles from instance profile first" in refused("DeleteConflict", c.delete_role, RoleName="app")
    c.remove_role_from_instance_profile(InstanceProfileName="web", RoleName="app")
    c.delete_instance_profile(InstanceProfileName="web")

    c.delete_role_permissions_boundary(RoleName="app")
    for attached in (BASIC, arn):
        c.detach_role_policy(RoleName="app", PolicyArn=attached)
    c.delete_role_policy(RoleName="app", PolicyName="logs")
    c.delete_policy(PolicyArn=arn)
    c.delete_role(RoleName="app")
    assert refused("NoSuchEntity", c.get_role, RoleName="app") == "The role with name app cannot be found."
    assert c.get_user()["User"]["Arn"] == "arn:aws:iam::000000000000:root"
    assert c.list_account_aliases()["AccountAliases"] == []


def test_acm(keeps, tmp_path):
    c = keeps.client("acm")
    arn = c.request_certificate(DomainName="*.example.com", ValidationMethod="DNS", Tags=[{"Key": "a", "Value": "b"}])["CertificateArn"]
    c.get_waiter("certificate_validated").wait(CertificateArn=arn)
    cert = c.describe_certificate(CertificateArn=arn)["Certificate"]
    assert (cert["Status"], cert["Type"], cert["DomainName"], cert["KeyAlgorithm"]) == ("ISSUED", "AMAZON_ISSUED", "*.example.com", "RSA-2048")
    assert cert["DomainValidationOptions"][0]["ResourceRecord"]["Type"] == "CNAME" and cert["IssuedAt"] > cert["NotBefore"]
    given = c.get_certificate(CertificateArn=arn)
    (tmp_path / "leaf.pem").write_text(given["Certificate"])
    (tmp_path / "root.pem").write_text(given["CertificateChain"])
    assert given["CertificateChain"] == (keeps.directory / "ca" / "ca.pem").read_text()
    verified = subprocess.run(["openssl", "verify", "-verify_hostname", "api.example.com", "-CAfile", tmp_path / "root.pem", tmp_path / "leaf.pem"], capture_output=True, text=True)
    assert verified.returncode == 0, verified.stderr
    c.add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "c"}])
    c.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "a"}])
    assert c.list_tags_for_certificate(CertificateArn=arn)["Tags"] == [{"Key": "c"}]

    gateway = keeps.client()
    gateway.create_domain_name(domainName="api.example.com", regionalCertificateArn=arn, endpointConfiguration={"types": ["REGIONAL"]})
    assert c.describe_certificate(CertificateArn=arn)["Certificate"]["InUseBy"] == ["arn:aws:apigateway:us-east-1::/domainnames/api.example.com"]
    assert refused("ResourceInUseException", c.delete_certificate, CertificateArn=arn) == f"Certificate {arn} in account 000000000000 is in use."
    gateway.delete_domain_name(domainName="api.example.com")

    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem", "-subj", "/CN=www.example.org", "-days", "9"]
    subprocess.run(made, check=True, capture_output=True)
    imported = c.import_certificate(Certificate=(tmp_path / "cert.pem").read_bytes(), PrivateKey=(tmp_path / "key.pem").read_bytes())["CertificateArn"]
    listed = c.get_paginator("list_certificates").paginate(Includes={"keyTypes": ["RSA_2048", "EC_prime256v1"]}, PaginationConfig={"PageSize": 1}).build_full_result()
    assert {s["CertificateArn"]: s["Type"] for s in listed["CertificateSummaryList"]} == {arn: "AMAZON_ISSUED", imported: "IMPORTED"}
    for one in (arn, imported):
        c.delete_certificate(CertificateArn=one)
    assert refused("ResourceNotFoundException", c.describe_certificate, CertificateArn=arn) == f"Could not find certificate {arn}."


def test_cli(keeps, tmp_path):
    (tmp_path / "trust.json").write_text(TRUST)
    assert keeps.aws("iam", "create-role", "--role-name", "app", "--assume-role-policy-document", f"file://{tmp_path}/trust.json")["Role"]["RoleId"].startswith("AROA")
    keeps.aws("iam", "attach-role-policy", "--role-name", "app", "--policy-arn", BASIC)
    assert keeps.aws("iam", "list-attached-role-policies", "--role-name", "app")["AttachedPolicies"][0]["PolicyArn"] == BASIC
    arn = keeps.aws("acm", "request-certificate", "--domain-name", "api.example.com", "--validation-method", "DNS")["CertificateArn"]
    assert keeps.aws("acm", "list-certificates")["CertificateSummaryList"][0]["CertificateArn"] == arn


def test_javascript(keeps):
    shutil.copy(ROOT / "e2e" / "iam.mjs", CACHE / "node" / "iam.mjs")
    env = keeps.environment() | {"AWS_ENDPOINT_URL": keeps.url}
    done = subprocess.run(["node", "iam.mjs"], cwd=CACHE / "node", env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["role"] == "arn:aws:iam::000000000000:role/js" and said["trust"] == json.loads(TRUST)
    assert (said["attached"], said["policy"]) == ([BASIC], {"Version": "2012-10-17", "Statement": []})
    assert said["conflict"] == "DeleteConflictException: Cannot delete entity, must detach all policies first."
    assert said["gone"] == "NoSuchEntityException"
    assert (said["status"], said["names"], said["missing"]) == ("ISSUED", ["js.example.com"], "ResourceNotFoundException")
