// Command gendocs writes the command reference (docs/cli) and the man pages
// from the commands themselves.
//
//	go run ./hack/gendocs -markdown docs/cli -man bin/man
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra/doc"

	"github.com/appimg/appimg/internal/cli"
)

func main() {
	markdown := flag.String("markdown", "", "write the command reference to this `folder`")
	man := flag.String("man", "", "write man pages to this `folder`")
	flag.Parse()
	if err := generate(*markdown, *man); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

func generate(markdown, man string) error {
	root := cli.Command()
	root.DisableAutoGenTag = true
	root.InitDefaultCompletionCmd()
	if markdown != "" {
		if err := fresh(markdown); err != nil {
			return err
		}
		if err := doc.GenMarkdownTree(root, markdown); err != nil {
			return err
		}
	}
	if man == "" {
		return nil
	}
	if err := fresh(man); err != nil {
		return err
	}
	date, err := sourceDate()
	if err != nil {
		return err
	}
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "appimg", Manual: "appimg manual", Date: &date}, man)
}

// sourceDate is the date of the pages: that of the source (SOURCE_DATE_EPOCH),
// not of the clock, so that the same commands give the same pages.
func sourceDate() (time.Time, error) {
	text := cmp.Or(os.Getenv("SOURCE_DATE_EPOCH"), "0")
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH=%q is no number of seconds", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// fresh empties the folder, so that the page of a removed command goes too.
func fresh(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.MkdirAll(dir, 0o755)
}
