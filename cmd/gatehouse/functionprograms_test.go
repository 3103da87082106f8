package main

import (
	"context"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// goFunction is a function with AWS's library for Go, which scripts have as the program
// bootstrap.
func goFunction() {
	lambda.Start(func(_ context.Context, event events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
		return events.APIGatewayProxyResponse{StatusCode: 201, Body: event.HTTPMethod + " " + event.Body + " " + event.QueryStringParameters["a"]}, nil
	})
}
