// Package report writes findings in the forms that people and their tools
// read: text, JSON, SARIF, GitHub and GitLab annotations, JUnit, Checkstyle.
//
//	err := report.Write(w, "sarif", report.Report{Findings: findings, Rules: rules})
package report
