// What the OpenAPI documents of a server leave out, read from the Go types that it is made of: kinds of API versions that
// it no longer serves, whether a field can tell its zero value from absent, and what the defaulting functions fill in.
// One JSON document on standard output.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	"k8s.io/apimachinery/pkg/runtime"
	aggregator "k8s.io/kube-aggregator/pkg/apis/apiregistration/install"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/controlplane"
	"k8s.io/kubernetes/pkg/generated/openapi"
)

type document struct {
	Kinds []kind            `json:"kinds"`
	Types map[string]fields `json:"types"`
	// The descriptions that the served documents are made of, those of versions that are not served included.
	Schemas map[string]spec.Schema `json:"schemas"`
}

type kind struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	Type    string `json:"type"`
}

// A type's fields by their JSON name.
type fields map[string]*field

type field struct {
	// Whether the zero value is kept: a pointer tells it from absent.
	Keeps bool `json:"keeps,omitempty"`
	// The type as Go names it, without the pointer.
	Go string `json:"go"`
	// What the server fills in where the field is absent.
	Default any `json:"default,omitempty"`
	// The only kinds in which it does; none: all that have the field.
	In []string `json:"in,omitempty"`

	filled map[string]any
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintf(os.Stderr, "kube-types: %v\n", err)
		os.Exit(1)
	}
}

func run() error {
	scheme := legacyscheme.Scheme
	apiextensions.Install(scheme)
	aggregator.Install(scheme)

	document := document{Types: map[string]fields{}, Schemas: map[string]spec.Schema{}}
	for gvk, goType := range scheme.AllKnownTypes() {
		if _, isObject := goType.FieldByName("ObjectMeta"); !isObject || gvk.Version == runtime.APIVersionInternal {
			continue
		}
		document.Kinds = append(document.Kinds, kind{gvk.Group, gvk.Version, gvk.Kind, modelName(goType)})
		document.describe(goType)
		if err := document.findDefaults(scheme, gvk); err != nil {
			return err
		}
	}
	sort.Slice(document.Kinds, func(i, j int) bool {
		one, other := document.Kinds[i], document.Kinds[j]
		return fmt.Sprint(one) < fmt.Sprint(other)
	})
	for _, fields := range document.Types {
		for _, field := range fields {
			field.settle()
		}
	}
	refer := func(path string) spec.Ref { return spec.MustCreateRef("#/components/schemas/" + inverted(path)) }
	for path, definition := range openapi.GetOpenAPIDefinitions(refer) {
		document.Schemas[inverted(path)] = definition.Schema
	}
	return json.NewEncoder(os.Stdout).Encode(document)
}

// The name under which OpenAPI knows a Go type.
func modelName(goType reflect.Type) string {
	return inverted(goType.PkgPath() + "." + goType.Name())
}

// A package's path with the host turned round, as OpenAPI writes it; newer versions name their types so themselves.
func inverted(path string) string {
	host, rest, isPath := strings.Cut(path, "/")
	if !isPath {
		return path
	}
	parts := strings.Split(host, ".")
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return strings.Join(parts, ".") + "." + strings.ReplaceAll(rest, "/", ".")
}

// A type that writes its own JSON is one value.
func isValue(goType reflect.Type) bool {
	marshaler := reflect.TypeFor[json.Marshaler]()
	return goType.Kind() != reflect.Struct || reflect.PointerTo(goType).Implements(marshaler)
}

// Each field of a struct that JSON shows under a name, those of embedded structs included.
func each(goType reflect.Type, act func(name string, field reflect.StructField)) {
	for i := range goType.NumField() {
		field := goType.Field(i)
		tag, isTagged := field.Tag.Lookup("json")
		name, _, _ := strings.Cut(tag, ",")
		switch {
		case name == "-" || !field.IsExported():
		case name == "" && (field.Anonymous || strings.Contains(tag, ",inline")):
			each(field.Type, func(name string, inner reflect.StructField) {
				inner.Index = append([]int{i}, inner.Index...)
				act(name, inner)
			})
		case isTagged:
			act(name, field)
		}
	}
}

func (document *document) describe(goType reflect.Type) {
	for goType.Kind() == reflect.Pointer || goType.Kind() == reflect.Slice || goType.Kind() == reflect.Map {
		goType = goType.Elem()
	}
	if _, known := document.Types[modelName(goType)]; known || isValue(goType) {
		return
	}
	fields := fields{}
	document.Types[modelName(goType)] = fields
	each(goType, func(name string, it reflect.StructField) {
		inner, keeps := it.Type, it.Type.Kind() == reflect.Interface
		if inner.Kind() == reflect.Pointer {
			inner, keeps = inner.Elem(), true
		}
		fields[name] = &field{Keeps: keeps, Go: inner.String(), filled: map[string]any{}}
		document.describe(it.Type)
	})
}
