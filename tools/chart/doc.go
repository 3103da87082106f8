// Package chart has the tests of the Helm chart in deploy/helm: it is rendered by
// Helm's own engine, and what comes of it is compared with what Kubernetes knows.
package chart
