-- Responses of methods and of integrations become documents of their own.
-- The documents of methods begin with account 00 region 00 "method" 00, see
-- key.go; neither account nor region has bytes that are escaped. A document's
-- name is the part of the key up to the kind and what comes after it.
CREATE TEMP TABLE method AS
    SELECT key AS old, CAST(doc AS TEXT) AS doc,
        substr(key, 1, instr(key, x'006d6574686f6400')) AS tenant,      -- up to and with the 00 before the kind
        substr(key, instr(key, x'006d6574686f6400') + 7) AS name        -- from the 00 after it
    FROM document
    WHERE instr(key, x'006d6574686f6400') > 0
        AND instr(substr(key, instr(key, x'00') + 1), x'00') = instr(key, x'006d6574686f6400') - instr(key, x'00');

INSERT INTO document (key, doc)
    SELECT unhex(hex(tenant) || hex('methodresponse') || hex(name) || hex('/' || r.key)), CAST(r.value AS BLOB)
    FROM method, json_each(method.doc, '$.methodResponses') AS r;

INSERT INTO document (key, doc)
    SELECT unhex(hex(tenant) || hex('integrationresponse') || hex(name) || hex('/' || r.key)), CAST(r.value AS BLOB)
    FROM method, json_each(method.doc, '$.methodIntegration.integrationResponses') AS r;

UPDATE document
    SET doc = (SELECT CAST(json_remove(method.doc, '$.methodResponses', '$.methodIntegration.integrationResponses') AS BLOB) FROM method WHERE old = key)
    WHERE key IN (SELECT old FROM method);

DROP TABLE method
