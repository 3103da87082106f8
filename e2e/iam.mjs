// Makes a role and a certificate with the JavaScript SDK, reads them back, and prints what came back.
import { ACMClient, DeleteCertificateCommand, DescribeCertificateCommand, RequestCertificateCommand } from "@aws-sdk/client-acm";
import {
  AttachRolePolicyCommand, CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand, DetachRolePolicyCommand, GetRoleCommand, GetRolePolicyCommand, IAMClient,
  ListAttachedRolePoliciesCommand, PutRolePolicyCommand,
} from "@aws-sdk/client-iam";

const iam = new IAMClient({});
const RoleName = "js";
const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] };
const PolicyArn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const named = (e) => `${e.name}: ${e.message}`;
const out = {};
await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) }));
const role = (await iam.send(new GetRoleCommand({ RoleName }))).Role;
out.role = role.Arn;
out.trust = JSON.parse(decodeURIComponent(role.AssumeRolePolicyDocument));
await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
out.attached = (await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))).AttachedPolicies.map((p) => p.PolicyArn);
await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument: '{"Version":"2012-10-17","Statement":[]}' }));
out.policy = JSON.parse(decodeURIComponent((await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: "p" }))).PolicyDocument));
out.conflict = await iam.send(new DeleteRoleCommand({ RoleName })).catch(named);
await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: "p" }));
await iam.send(new DeleteRoleCommand({ RoleName }));
out.gone = await iam.send(new GetRoleCommand({ RoleName })).catch((e) => e.name);

const acm = new ACMClient({});
const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName: "js.example.com", ValidationMethod: "DNS" }));
const cert = (await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate;
out.status = cert.Status;
out.names = cert.SubjectAlternativeNames;
await acm.send(new DeleteCertificateCommand({ CertificateArn }));
out.missing = await acm.send(new DescribeCertificateCommand({ CertificateArn })).catch((e) => e.name);
console.log(JSON.stringify(out));
