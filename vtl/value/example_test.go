package value_test

import (
	"fmt"

	"github.com/gatehouse-gw/gatehouse/vtl/value"
)

// JSON keeps its order; a map prints as Java prints it, a list as JSON.
func ExampleParse() {
	v, err := value.Parse(`{"name":"Ann","tags":["a/b",1.50],"big":12345678901234567890}`, value.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Text())
	fmt.Println(string(v.AppendJSON(nil)))
	// Output:
	// {name=Ann, tags=["a\/b",1.5], big=12345678901234567890}
	// {"name":"Ann","tags":["a/b",1.5],"big":12345678901234567890}
}

// json-smart reads much that is not JSON; ParseStrict does not.
func ExampleParseStrict() {
	v, err := value.Parse(`{name: Ann, tags: ['x',],}`, value.Limits{})
	fmt.Println(v.Text(), err)
	_, err = value.ParseStrict(`{name: Ann}`, value.Limits{})
	fmt.Println(err)
	// Output:
	// {name=Ann, tags=["x"]} <nil>
	// JSON: invalid character 'n' looking for beginning of object key string at offset 1
}

func ExampleMap() {
	m := value.NewMap(0)
	m.Set("b", value.Int(1))
	m.Set("a", value.FromList(value.NewList(value.String("x"), value.Double(1e7))))
	m.Set("b", value.Int(2))
	fmt.Println(value.FromMap(m).Text())
	for i := range m.Len() {
		key, v := m.At(i)
		fmt.Println(key, v.Kind())
	}
	// Output:
	// {b=2, a=[x, 1.0E7]}
	// b Integer
	// a List
}

func ExampleValue_AppendTextMax() {
	list := value.NewList()
	list.Append(value.FromList(value.NewList(value.FromList(list))))
	_, err := value.FromList(list).AppendTextMax(nil, 1000)
	fmt.Println(err)
	// Output: lists and maps are nested too deep
}
