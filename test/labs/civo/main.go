// One call of Civo's official Go client, for tests of the emulator: civo-lab CALL [ARGUMENT…]
//
// CIVO_API_URL, CIVO_TOKEN and CIVO_REGION say where. Prints one JSON object: what the client returned, or its error and
// which of its errors that is.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/civo/civogo"
)

var known = map[string]error{
	"AuthenticationError":             civogo.AuthenticationError,
	"AuthenticationFailedError":       civogo.AuthenticationFailedError,
	"AuthenticationInvalidKeyError":   civogo.AuthenticationInvalidKeyError,
	"AuthenticationAccessDeniedError": civogo.AuthenticationAccessDeniedError,
	"DatabaseAccountNotFoundError":    civogo.DatabaseAccountNotFoundError,
	"RegionUnavailableError":          civogo.RegionUnavailableError,
	"QuotaLimitReachedError":          civogo.QuotaLimitReachedError,
	"DatabaseQuotaLockFailedError":    civogo.DatabaseQuotaLockFailedError,
	"DisabledServiceError":            civogo.DisabledServiceError,
	"OutOFCapacityError":              civogo.OutOFCapacityError,
	"ParameterNameInvalidError":       civogo.ParameterNameInvalidError,
	"ParameterSizeMissingError":       civogo.ParameterSizeMissingError,
	"InternalServerError":             civogo.InternalServerError,
	"ZeroMatchesError":                civogo.ZeroMatchesError,
	"MultipleMatchesError":            civogo.MultipleMatchesError,
	"ResponseDecodeFailedError":       civogo.ResponseDecodeFailedError,
	"CommonError":                     civogo.CommonError,
}

func main() {
	client, err := civogo.NewClientWithURL(os.Getenv("CIVO_TOKEN"), os.Getenv("CIVO_API_URL"), os.Getenv("CIVO_REGION"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	value, err := call(client, os.Args[1], append(os.Args[2:], "", "", "", ""))
	result := map[string]any{"value": value}
	if err != nil {
		is := []string{}
		for name, one := range known {
			if errors.Is(err, one) {
				is = append(is, name)
			}
		}
		result = map[string]any{"error": err.Error(), "is": is}
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

func call(client *civogo.Client, name string, args []string) (any, error) {
	region := client.Region
	switch name {
	case "ListRegions":
		return client.ListRegions()
	case "GetQuota":
		return client.GetQuota()
	case "ListObjectStores":
		return client.ListObjectStores()
	case "GetObjectStore":
		return client.GetObjectStore(args[0])
	case "FindObjectStore":
		return client.FindObjectStore(args[0])
	case "NewObjectStore":
		return client.NewObjectStore(&civogo.CreateObjectStoreRequest{
			Name: args[0], MaxSizeGB: number(args[1]), AccessKeyID: args[2], Region: region,
		})
	case "UpdateObjectStore":
		return client.UpdateObjectStore(args[0], &civogo.UpdateObjectStoreRequest{MaxSizeGB: number(args[1]), Region: region})
	case "DeleteObjectStore":
		return client.DeleteObjectStore(args[0])
	case "GetObjectStoreStats":
		return client.GetObjectStoreStats(args[0])
	case "ListObjectStoreCredentials":
		return client.ListObjectStoreCredentials(int(number(args[0])), int(number(args[1])))
	case "GetObjectStoreCredential":
		return client.GetObjectStoreCredential(args[0])
	case "FindObjectStoreCredential":
		return client.FindObjectStoreCredential(args[0])
	case "NewObjectStoreCredential":
		return client.NewObjectStoreCredential(&civogo.CreateObjectStoreCredentialRequest{
			Name: args[0], AccessKeyID: optional(args[1]), SecretAccessKeyID: optional(args[2]), Region: region,
		})
	case "UpdateObjectStoreCredential":
		return client.UpdateObjectStoreCredential(args[0], &civogo.UpdateObjectStoreCredentialRequest{
			AccessKeyID: optional(args[1]), SecretAccessKeyID: optional(args[2]), Region: region,
		})
	case "DeleteObjectStoreCredential":
		return client.DeleteObjectStoreCredential(args[0])
	}
	return nil, fmt.Errorf("there is no call %s", name)
}

func number(text string) int64 {
	value, _ := strconv.ParseInt(text, 10, 64)
	return value
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
