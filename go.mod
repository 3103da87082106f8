module github.com/gatehouse-gw/gatehouse

go 1.26
