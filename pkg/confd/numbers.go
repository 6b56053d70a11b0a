package confd

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Arithmetic of templates. Operands are Go numbers of any kind, or strings
// that look like numbers: with a dot they are floats, without one decimal
// integers. As soon as one operand is a float, both are.

// refusal is an error in the words of QingCloud's confd.
type refusal string

// Error is those words.
func (r refusal) Error() string { return string(r) }

const (
	errOperand   refusal = "Can't apply the operator to the values"
	errDivide    refusal = "Can't divide the value by 0"
	errMod       refusal = "Modulo operator can't be used with non integer value"
	errModZero   refusal = "The number can't be divided by zero at modulo operation"
	errMaxNumber refusal = "Max operator can't apply to the values"
	errNoList    refusal = "filter only support slice or array."
)

// notANumber is the refusal of a string.
type notANumber struct {
	text string
	err  error
}

func (n *notANumber) Error() string {
	return fmt.Sprintf("Can't apply the operator to the value [%s] ,err [%v]", n.text, n.err)
}

func (n *notANumber) Unwrap() error { return n.err }

// number is an operand: an integer, or a float.
type number struct {
	i       int64
	f       float64
	isFloat bool
}

func (n number) float() float64 {
	if n.isFloat {
		return n.f
	}
	return float64(n.i)
}

// parseNumber reads a string as number does.
func parseNumber(s string) (number, error) {
	if strings.Contains(s, ".") {
		f, err := strconv.ParseFloat(s, 64)
		return number{f: f, isFloat: true}, err
	}
	i, err := strconv.ParseInt(s, 10, 64)
	return number{i: i}, err
}

// toNumber is v as an operand. Anything but a number or a string is refused
// with other.
func toNumber(v any, other error) (number, error) {
	switch rv := reflect.ValueOf(v); {
	case rv.CanInt():
		return number{i: rv.Int()}, nil
	case rv.CanUint():
		return number{i: int64(rv.Uint())}, nil // wraps, as recorded
	case rv.CanFloat():
		return number{f: rv.Float(), isFloat: true}, nil
	case rv.Kind() == reflect.String:
		n, err := parseNumber(rv.String())
		if err != nil {
			return n, &notANumber{rv.String(), err}
		}
		return n, nil
	}
	return number{}, other
}

func operands(a, b any, other error) (x, y number, err error) {
	if x, err = toNumber(a, other); err != nil {
		return x, y, err
	}
	y, err = toNumber(b, other)
	return x, y, err
}

// combine applies an operator of sums and products. Results of zero operands
// are a plain int 0, other integers are int64.
func combine(a, b any, ints func(x, y int64) int64, floats func(x, y float64) float64) (any, error) {
	x, y, err := operands(a, b, errOperand)
	switch {
	case err != nil:
		return nil, err
	case !x.isFloat && !y.isFloat:
		if x.i == 0 && y.i == 0 {
			return 0, nil
		}
		return ints(x.i, y.i), nil
	case x.float() == 0 && y.float() == 0:
		return 0, nil
	}
	return floats(x.float(), y.float()), nil
}

func add(a, b any) (any, error) {
	return combine(a, b, func(x, y int64) int64 { return x + y }, func(x, y float64) float64 { return x + y })
}

func sub(a, b any) (any, error) {
	return combine(a, b, func(x, y int64) int64 { return x - y }, func(x, y float64) float64 { return x - y })
}

func mul(a, b any) (any, error) {
	return combine(a, b, func(x, y int64) int64 { return x * y }, func(x, y float64) float64 { return x * y })
}

func div(a, b any) (any, error) {
	x, y, err := operands(a, b, errOperand)
	switch {
	case err != nil:
		return nil, err
	case y.float() == 0:
		return nil, errDivide
	case !x.isFloat && !y.isFloat:
		return x.i / y.i, nil
	}
	return x.float() / y.float(), nil
}

func mod(a, b any) (int64, error) {
	x, y, err := operands(a, b, errMod)
	switch {
	case err != nil:
		return 0, err
	case x.isFloat || y.isFloat:
		return 0, errMod
	case y.i == 0:
		return 0, errModZero
	}
	return x.i % y.i, nil
}

// maximum and minimum always give a float.
func maximum(a, b any) (float64, error) {
	x, y, err := operands(a, b, errMaxNumber)
	return math.Max(x.float(), y.float()), err
}

func minimum(a, b any) (float64, error) {
	x, y, err := operands(a, b, errMaxNumber)
	return math.Min(x.float(), y.float()), err
}
