package control

import (
	"context"
	"fmt"
	"slices"

	"github.com/gatehouse-gw/gatehouse/internal/sdk"
	"github.com/gatehouse-gw/gatehouse/internal/wire"
)

// sdkContentType is what published answers of GetSdk say that their archive is.
const sdkContentType = "application/octet-stream"

// sdkNameTime is how an archive's name says when it was made, as in published answers.
const sdkNameTime = "2006-01-02_15-04Z"

// GetSDKTypes lists the types of clients.
func (s *Service) GetSDKTypes(_ context.Context, _ *wire.Caller, in *wire.GetSDKTypesRequest) (*wire.SDKTypes, error) {
	all := sdk.Types()
	page, position, err := wire.Paginate(in.Position, in.Limit, func(t wire.SDKType) string { return *t.ID }, func(after string, n int) ([]wire.SDKType, bool, error) {
		rest := all
		if after != "" {
			i := sdkTypeIndex(all, after)
			if i < 0 {
				return nil, false, wire.ErrPosition()
			}
			rest = all[i+1:]
		}
		return rest[:min(n, len(rest))], n < len(rest), nil
	})
	if err != nil {
		return nil, err
	}
	return &wire.SDKTypes{Items: page, Position: position}, nil
}

// GetSDKType returns a type of clients. The words of its error are a guess.
func (s *Service) GetSDKType(_ context.Context, _ *wire.Caller, in *wire.GetSDKTypeRequest) (*wire.SDKType, error) {
	all := sdk.Types()
	i := sdkTypeIndex(all, in.ID)
	if i < 0 {
		return nil, wire.NotFound("Invalid SDK type identifier specified")
	}
	return &all[i], nil
}

func sdkTypeIndex(all []wire.SDKType, id string) int {
	return slices.IndexFunc(all, func(t wire.SDKType) bool { return *t.ID == id })
}

// GetSDK generates a client of what a stage serves: of its deployment, not of the API as
// it is edited, nor of a canary's deployment.
func (s *Service) GetSDK(ctx context.Context, who *wire.Caller, in *wire.GetSDKRequest) (*wire.SDKResponse, error) {
	all := sdk.Types()
	i := sdkTypeIndex(all, in.SDKType)
	if i < 0 {
		return nil, wire.BadRequest("Invalid SDK type specified: %s", wire.Truncated(in.SDKType))
	}
	ctx, leave, err := s.long.enter(ctx, who.Account)
	if err != nil {
		return nil, err
	}
	defer leave()
	src, err := read(ctx, s, who, in.RestAPIID, func(t *tx) (*sdk.Source, error) { return t.sdkSource(in.StageName) })
	if err != nil {
		return nil, err
	}
	src.InvokeURL, src.Stop = s.urlOfStage(who, in), ctx.Err
	body, err := sdk.Generate(&all[i], in.Parameters, src)
	if err != nil && ctx.Err() != nil {
		return nil, tookTooLong(ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf(`attachment; filename="%s_%s.zip"`, in.SDKType, s.now().UTC().Format(sdkNameTime))
	return &wire.SDKResponse{ContentType: new(sdkContentType), ContentDisposition: &name, Body: body}, nil
}

// urlOfStage is where the client finds the stage.
func (s *Service) urlOfStage(who *wire.Caller, in *wire.GetSDKRequest) string {
	if s.stageURL == nil {
		return "https://" + executeAPIHost(in.RestAPIID, who.Region) + "/" + in.StageName
	}
	return s.stageURL(who.Host, in.RestAPIID, in.StageName)
}

// sdkSource reads what a stage serves.
func (t *tx) sdkSource(name string) (*sdk.Source, error) {
	st, err := t.stage(name)
	if err != nil {
		return nil, err
	}
	d, err := t.deployment(*st.DeploymentID)
	if err != nil {
		return nil, err
	}
	src, err := t.deploymentSource(*st.DeploymentID)
	if err != nil {
		return nil, err
	}
	return &sdk.Source{Region: t.who.Region, Made: d.CreatedDate.Time(), Resources: src.Resources}, nil
}
