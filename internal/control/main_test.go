package control_test

import (
	"os"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

func TestMain(m *testing.M) {
	soak.Checks(30)
	os.Exit(m.Run())
}
