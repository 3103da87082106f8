// Package gateway is the front door of the data plane: it owns the listeners,
// finds the stage that a request is for, loads what serves it, and writes the
// answer.
//
// Its adaptor is the one place in the data plane that knows net/http: what
// goes in to a stage and comes out are messages of httpmsg. What a stage does
// with a request is the pipeline's business; requests that are for no stage
// go to a plain http.Handler.
package gateway
