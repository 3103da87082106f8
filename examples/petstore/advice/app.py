"""How to keep a pet: a Lambda function of the usual kind, behind GET /advice/{type}.

Save this file after a change: the next call runs it.
"""

import json

ADVICE = {
    "cat": "Open the door. Wait. Close the door. Repeat.",
    "dog": "Throw the ball as often as it takes.",
}


def lambda_handler(event, context):
    kind = event["pathParameters"]["type"]
    print("advice on a", kind)  # it is on the terminal of gatehouse dev
    advice = ADVICE.get(kind, "Ask somebody who has one.")
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps({"type": kind, "advice": advice}),
    }
