package confd

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"reflect"

	"gopkg.in/yaml.v2"
)

func jsonObject(text string) (m map[string]any, err error) {
	err = json.Unmarshal([]byte(text), &m)
	return m, err
}

func jsonArray(text string) (list []any, err error) {
	err = json.Unmarshal([]byte(text), &list)
	return list, err
}

func toJSON(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

// toYAML's bytes are those of yaml.v2 at v2.0.0, whose encoder is the one that
// QingCloud's confd has (revision cd8b52f in its list of dependencies). Later
// ones quote dates and write long floats in another way: do not upgrade it.
func toYAML(v any) (text string, err error) {
	data, err := yaml.Marshal(v)
	return string(data), err
}

func base64Encode(v any) (string, error) {
	text, err := textOf(v)
	return base64.StdEncoding.EncodeToString([]byte(text)), err
}

func base64Decode(v any) (string, error) {
	text, err := textOf(v)
	if err != nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	return string(data), err
}

func textOf(v any) (string, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.String {
		return "", fmt.Errorf("unsupported type %s", rv.Kind())
	}
	return rv.String(), nil
}
