package vtl

import "github.com/gatehouse-gw/gatehouse/vtl/value"

// A class is a Java class, as far as methods and comparing go.
type class uint8

const (
	classNone class = iota
	classString
	classBoolean
	classInteger
	classLong
	classFloat
	classDouble
	classBigInteger
	classBigDecimal
	classCharacter
	classList
	classMap
	classKeySet
	classValues
	classEntrySet
	classEntry
	classIterator
	classArray
	classScope
	classBlock
	classClass
	classStream
	classHost    // an Object of the host's
	classHostMap // one that is Entries
	numClasses
)

// classOf returns the class of v.
func classOf(v value.Value) class {
	switch v.Kind() {
	case value.KindNull:
		return classNone
	case value.KindBool:
		return classBoolean
	case value.KindInteger:
		return classInteger
	case value.KindLong:
		return classLong
	case value.KindFloat:
		return classFloat
	case value.KindDouble:
		return classDouble
	case value.KindBigInteger:
		return classBigInteger
	case value.KindBigDecimal:
		return classBigDecimal
	case value.KindString:
		return classString
	case value.KindList:
		return classList
	case value.KindMap:
		return classMap
	}
	switch o := v.AsObject().(type) {
	case javaObject:
		return o.class()
	case value.Entries:
		return classHostMap
	}
	return classHost
}

// comparable reports whether == compares things of two classes by equals, and
// not by their text.
func (c class) comparable(other class) bool { return c == other }

// className returns the name of v's class in Java.
func className(v value.Value) string {
	switch o := v.AsObject().(type) {
	case *javaArray:
		return o.name
	case *view:
		return "java.util.LinkedHashMap$" + [...]string{"LinkedKeySet", "LinkedValues", "LinkedEntrySet"}[o.kind]
	case *iteratorRef:
		return "java.util.ArrayList$Itr"
	}
	if l := v.AsList(); l != nil && l.IsJSON() {
		return "net.minidev.json.JSONArray"
	}
	names := [numClasses]string{
		classString: "java.lang.String", classBoolean: "java.lang.Boolean", classInteger: "java.lang.Integer",
		classLong: "java.lang.Long", classFloat: "java.lang.Float", classDouble: "java.lang.Double",
		classBigInteger: "java.math.BigInteger", classBigDecimal: "java.math.BigDecimal", classCharacter: "java.lang.Character",
		classList: "java.util.ArrayList", classMap: "java.util.LinkedHashMap", classEntry: "java.util.LinkedHashMap$Entry",
		classScope: "org.apache.velocity.runtime.directive.ForeachScope", classBlock: "org.apache.velocity.runtime.directive.Block$Reference",
		classClass: "java.lang.Class", classStream: "java.util.stream.IntPipeline$Head",
	}
	return names[classOf(v)]
}

// getClass returns the class of v; null in API Gateway mode, and for what is
// no Java object.
func (r *run) getClass(v value.Value) value.Value {
	if r.t.mode == APIGateway {
		return value.Value{}
	}
	name := className(v)
	if name == "" {
		return value.Value{}
	}
	return value.FromObject(&classRef{name: name})
}

// property evaluates v.name: a getter of the class, a member of a map, or a
// boolean getter.
func (r *run) property(v value.Value, s *step) (value.Value, ctl) {
	o := v.AsObject()
	if sc, ok := o.(*scope); ok && !s.isClass {
		return sc.property(r, s.bean, s.name), next
	}
	if o != nil {
		if _, ours := o.(javaObject); !ours {
			return hostProperty(o, s.name), next
		}
	}
	if s.isClass {
		if c := r.getClass(v); !c.IsNull() || r.t.mode == Velocity {
			return c, next
		}
	}
	if m := v.AsMap(); m != nil {
		out, _ := m.Get(s.name)
		return out, next
	}
	return r.getterOf(v, s)
}

// hostProperty returns a property of a host's object.
func hostProperty(o value.Object, name string) value.Value {
	if v, ok := o.Get(name); ok {
		return v
	}
	if es, ok := o.(value.Entries); ok {
		if i := (hostEntries{es}).Find(value.String(name)); i >= 0 {
			_, v := es.At(i)
			return v
		}
	}
	return value.Value{}
}

// getterOf calls getName() or isName().
func (r *run) getterOf(v value.Value, s *step) (value.Value, ctl) {
	name, ok := getters[s.bean]
	if !ok || classOf(v) == classArray {
		return value.Value{}, next
	}
	getter := step{place: s.place, op: stepMethod, name: name, overloads: methodIndex[name]}
	out, _, c := r.invoke(v, &getter, nil)
	return out, c
}

// getters are the methods without arguments that read as properties of
// anything but maps.
var getters = map[string]string{
	"bytes":         "getBytes",
	"empty":         "isEmpty",
	"blank":         "isBlank",
	"naN":           "isNaN",
	"infinite":      "isInfinite",
	"name":          "getName",
	"simpleName":    "getSimpleName",
	"canonicalName": "getCanonicalName",
	"typeName":      "getTypeName",
	"key":           "getKey",
	"value":         "getValue",
}

// lowerFirst returns s with its first letter in lower case: $x.Empty is
// $x.empty.
func lowerFirst(s string) string {
	if s != "" && 'A' <= s[0] && s[0] <= 'Z' {
		return string(s[0]|0x20) + s[1:]
	}
	return s
}

// property returns what $foreach.name is; bean is the name in lower case.
func (s *scope) property(r *run, bean, name string) value.Value {
	switch bean {
	case "index":
		return value.Int(int64(s.index))
	case "count":
		return value.Int(int64(s.index + 1))
	case "hasNext":
		return value.Bool(s.hasNext)
	case "first":
		return value.Bool(s.index < 1)
	case "last":
		return value.Bool(!s.hasNext)
	case "topmost":
		return value.FromObject(s.top())
	case "parent":
		if s.parent == nil {
			return value.Value{}
		}
		return value.FromObject(s.parent)
	case "replaced":
		return s.top().replaced
	case "info":
		return value.String(s.info(r))
	}
	return s.member(value.String(name))
}

// info describes the loop, as $foreach.info prints it.
func (s *scope) info(r *run) string {
	depth := 0
	for p := s; p != nil; p = p.parent {
		depth++
	}
	out := "#foreach[type:block"
	if depth > 1 {
		out += " depth:" + value.Int(int64(depth)).Text()
	}
	line, col := position(r.src, min(int(s.loop.place), len(r.src)))
	return out + " template:" + r.t.name + " line:" + value.Int(int64(line)).Text() + " column:" + value.Int(int64(col)).Text() + "]"
}
