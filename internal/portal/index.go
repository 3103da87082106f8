package portal

// Index writes the page that lists the stages whose pages there are.
func Index(stages []Place) []byte {
	var h markup
	h.head("APIs")
	h.start("main")
	h.element("h1", "APIs")
	if len(stages) == 0 {
		h.element("p", "No stage of those that the configuration opens is deployed.")
	}
	h.start("ul", attr{"class", "plain"})
	for _, at := range stages {
		h.start("li")
		h.start("a", attr{"href", at.API + "/" + at.Stage + "/"})
		h.element("code", at.API)
		h.text(", stage ")
		h.element("code", at.Stage)
		h.end()
		h.end()
	}
	h.foot()
	return h.b
}

// Message writes a page that says why there is no other: a title and a sentence.
func Message(title, text string) []byte {
	var h markup
	h.head(title)
	h.start("main")
	h.element("h1", title)
	h.element("p", text)
	h.foot()
	return h.b
}
