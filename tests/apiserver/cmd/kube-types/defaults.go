// What the defaulting functions fill in, found by running them on objects in which nothing is set.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Whether optional parts of an object are there, with nothing set in them.
type parts int

const (
	// Shows what is filled in inside them.
	present parts = iota
	// Shows which are filled in as a whole.
	absent
)

func (document *document) findDefaults(scheme *runtime.Scheme, gvk schema.GroupVersionKind) error {
	for _, parts := range []parts{present, absent} {
		object, err := scheme.New(gvk)
		if err != nil {
			return err
		}
		fill(reflect.ValueOf(object).Elem(), parts, nil)
		before := object.DeepCopyObject()
		if fails := defaulting(scheme, object); fails != nil {
			fmt.Fprintf(os.Stderr, "kube-types: no defaults of an empty %v: %v\n", gvk, fails)
			continue
		}
		document.compare(gvk.Kind, parts, reflect.ValueOf(before).Elem(), reflect.ValueOf(object).Elem())
	}
	return nil
}

// Some functions count on what validation would have refused.
func defaulting(scheme *runtime.Scheme, object runtime.Object) (fails any) {
	defer func() { fails = recover() }()
	scheme.Default(object)
	return nil
}

// Puts one entry into each list and, where wanted, an empty part behind each pointer. Types that hold themselves end.
func fill(value reflect.Value, parts parts, above []reflect.Type) {
	if isValue(value.Type()) || slices.Contains(above, value.Type()) {
		return
	}
	above = append(above, value.Type())
	each(value.Type(), func(_ string, it reflect.StructField) {
		part := value.FieldByIndex(it.Index)
		switch part.Kind() {
		case reflect.Struct:
			fill(part, parts, above)
		case reflect.Pointer:
			if parts == present && !isValue(part.Type().Elem()) {
				part.Set(reflect.New(part.Type().Elem()))
				fill(part.Elem(), parts, above)
			}
		case reflect.Slice:
			if !isValue(part.Type().Elem()) {
				part.Set(reflect.MakeSlice(part.Type(), 1, 1))
				fill(part.Index(0), parts, above)
			}
		}
	})
}

func (document *document) compare(kind string, parts parts, before, after reflect.Value) {
	fields := document.Types[modelName(before.Type())]
	each(before.Type(), func(name string, it reflect.StructField) {
		before, after := before.FieldByIndex(it.Index), after.FieldByIndex(it.Index)
		switch {
		case before.Kind() == reflect.Struct && !isValue(before.Type()):
			document.compare(kind, parts, before, after)
		// Some parts exclude others, which defaulting then removes.
		case !before.IsZero() && after.IsZero():
		case !before.IsZero() && before.Kind() == reflect.Pointer:
			document.compare(kind, parts, before.Elem(), after.Elem())
		case !before.IsZero() && before.Kind() == reflect.Slice:
			document.compare(kind, parts, before.Index(0), after.Index(0))
		default:
			isPart := before.Kind() == reflect.Pointer && !isValue(before.Type().Elem())
			// Where a part is there, it is filled in; where it is not, it may be made.
			if !isPart || parts == absent {
				fields[name].note(kind, before, after)
			}
		}
	})
}

func (field *field) note(kind string, before, after reflect.Value) {
	var filled any
	// The moment of writing is no default.
	isTime := after.Type() == reflect.TypeFor[*metav1.Time]() || after.Type() == reflect.TypeFor[metav1.Time]()
	if !isTime && !reflect.DeepEqual(before.Interface(), after.Interface()) {
		text, err := json.Marshal(after.Interface())
		if err == nil {
			_ = json.Unmarshal(text, &filled)
		}
	}
	if earlier, seen := field.filled[kind]; seen && !reflect.DeepEqual(earlier, filled) {
		filled = nil
	}
	field.filled[kind] = filled
}

// Keeps the value on which all kinds agree that fill in any.
func (field *field) settle() {
	var in []string
	for kind, filled := range field.filled {
		if filled == nil {
			continue
		}
		if field.Default != nil && !reflect.DeepEqual(field.Default, filled) {
			field.Default = nil
			return
		}
		field.Default = filled
		in = append(in, kind)
	}
	if len(in) < len(field.filled) {
		slices.Sort(in)
		field.In = in
	}
}
