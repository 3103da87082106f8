package store

import (
	"os"
	"testing"

	"github.com/gatehouse-gw/gatehouse/internal/soak"
)

func TestMain(m *testing.M) {
	soak.Checks(100)
	os.Exit(m.Run())
}
