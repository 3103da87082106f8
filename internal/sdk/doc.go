// Package sdk writes clients of a deployed API: source code that calls a stage, as the
// service's GetSdk hands it out.
//
// The service generates clients in six languages. This package has its list of them, but
// writes JavaScript alone of these, and Python and Go, which are ours. A client is a
// handful of files under templates, which are the same for every API, and a function for
// each method of the API. JavaScript's is called as the service's own is: the names, the
// arguments and the result are the same. It is written anew and needs no library.
//
// What an API defines is a stranger's, and others run the code. So nothing of it goes
// into the code but as a quoted text, or as a name of which only ASCII letters and digits
// are left; comments have none of it. The code's size is linear in the definition's and
// bounded.
package sdk
