module github.com/appimg/appimg

go 1.26
