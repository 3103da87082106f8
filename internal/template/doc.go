// Package template reads templates of CloudFormation and of AWS SAM, as people write them
// and as cdk synth writes them, for the REST APIs in them: each becomes a definition as
// package openapi makes them, and the functions that they call are listed.
//
// A template is evaluated for parameters, an account and a region, without anything being
// made: what only a deployment would tell, such as the URL of a queue, is made of logical
// ids. What cannot be known here, and what has no effect here, is a finding with its place;
// nothing is guessed. What a template may make, in values, bytes and depth, is bounded.
package template
