package lambda

import (
	"context"

	"github.com/gatehouse-gw/gatehouse/internal/neighbours/operation"
	"github.com/gatehouse-gw/gatehouse/internal/neighbours/records"
)

type putConcurrencyRequest struct {
	FunctionName                 string `uri:"FunctionName" json:"-"`
	ReservedConcurrentExecutions *int   `required:"" min:"0"`
}

type concurrencyAnswer struct {
	ReservedConcurrentExecutions *int `json:"ReservedConcurrentExecutions,omitempty"`
}

// maxReserved is how many of an account's 1000 calls at once may be a function's own.
const maxReserved = 900

func (s *Service) putConcurrency(ctx context.Context, c *operation.Call, in *putConcurrencyRequest) (*concurrencyAnswer, error) {
	ref, err := ofFunction(c, in.FunctionName)
	if err != nil {
		return nil, err
	}
	if *in.ReservedConcurrentExecutions > maxReserved {
		return nil, invalid("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100].")
	}
	return &concurrencyAnswer{in.ReservedConcurrentExecutions}, s.change(ctx, ref, func(_ *records.Tx, f *function) error {
		f.Reserved = in.ReservedConcurrentExecutions
		return nil
	})
}

func (s *Service) getConcurrency(ctx context.Context, c *operation.Call, in *functionRequest) (*concurrencyAnswer, error) {
	ref, err := ofFunction(c, in.FunctionName)
	if err != nil {
		return nil, err
	}
	out := new(concurrencyAnswer)
	return out, s.read(ctx, ref, func(_ *records.Tx, f *function) error {
		out.ReservedConcurrentExecutions = f.Reserved
		return nil
	})
}

func (s *Service) deleteConcurrency(ctx context.Context, c *operation.Call, in *functionRequest) (*operation.Nothing, error) {
	ref, err := ofFunction(c, in.FunctionName)
	if err != nil {
		return nil, err
	}
	return new(operation.Nothing), s.change(ctx, ref, func(_ *records.Tx, f *function) error {
		f.Reserved = nil
		return nil
	})
}
