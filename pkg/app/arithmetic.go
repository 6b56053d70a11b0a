package app

import (
	"math"
	"strconv"

	"github.com/appimg/appimg/pkg/app/jsondoc"
	"github.com/appimg/appimg/pkg/diag"
)

// number evaluates arithmetic. (2048 * 4 / 1024 * 10 is 80: one step after the
// other, from the left.)
func (e *expander) number(x *jsondoc.Expr) (float64, error) {
	switch {
	case x.Op == 0 && x.Var != "":
		return e.numberOf(x)
	case x.Op == 0:
		f, err := strconv.ParseFloat(x.Num, 64)
		if err != nil {
			return 0, diag.Errorf(x.Pos, "number %s is too great", x.Num)
		}
		return f, nil
	case x.Op == '~':
		f, err := e.number(x.X)
		return -f, err
	}
	a, err := e.number(x.X)
	if err != nil {
		return 0, err
	}
	b, err := e.number(x.Y)
	if err != nil {
		return 0, err
	}
	return calculate(x, a, b)
}

func (e *expander) numberOf(x *jsondoc.Expr) (float64, error) {
	_, v, err := e.variable(x.Var, x.Pos)
	if err != nil {
		return 0, err
	}
	if v.Kind != jsondoc.Number {
		return 0, diag.WithHint(diag.Errorf(x.Pos, "arithmetic over {{%s}}, whose value is %s", x.Var, v.Kind.WithArticle()),
			"give the property the type integer or number")
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	if err != nil {
		return 0, diag.Errorf(x.Pos, "the value of {{%s}} is too great", x.Var)
	}
	return f, nil
}

func calculate(x *jsondoc.Expr, a, b float64) (float64, error) {
	var f float64
	switch x.Op {
	case '+':
		f = a + b
	case '-':
		f = a - b
	case '*':
		f = a * b
	default:
		if b == 0 {
			return 0, diag.Errorf(x.Pos, "division by zero")
		}
		f = a / b
	}
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return 0, diag.Errorf(x.Pos, "the result is too great")
	}
	return f, nil
}

func formatNumber(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
