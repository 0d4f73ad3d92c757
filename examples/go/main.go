// Prints alerts as they come over gRPC, one JSON object a line.
package main

//go:generate sh generate.sh

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"io"
	"log"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	outputs "github.com/falcosecurity/client-go/pkg/api/outputs"
)

func main() {
	log.SetFlags(0)
	address := flag.String("address", "unix:///run/falco/falco.sock", "where Gyr listens")
	ca := flag.String("ca", "", "PEM file of who vouches for the server")
	cert := flag.String("cert", "", "PEM file of our certificate")
	key := flag.String("key", "", "PEM file of our key")
	count := flag.Int("count", 0, "end after so many alerts")
	flag.Parse()

	transport := grpc.WithInsecure()
	if *cert != "" {
		transport = grpc.WithTransportCredentials(identity(*ca, *cert, *key))
	}
	connection, err := grpc.Dial(*address, transport)
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()

	alerts, err := outputs.NewServiceClient(connection).Sub(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	// Nothing comes before the first request.
	if err := alerts.Send(&outputs.Request{}); err != nil {
		log.Fatal(err)
	}
	lines := json.NewEncoder(os.Stdout)
	for n := 1; ; n++ {
		alert, err := alerts.Recv()
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		lines.Encode(map[string]interface{}{
			"priority": alert.GetPriority().String(),
			"rule":     alert.GetRule(),
			"output":   alert.GetOutput(),
			"fields":   alert.GetOutputFields(),
			"hostname": alert.GetHostname(),
			"tags":     alert.GetTags(),
			"source":   alert.GetSource(),
		})
		if n == *count {
			return
		}
	}
}

// identity says who we are, and whom we trust.
func identity(ca, cert, key string) credentials.TransportCredentials {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		log.Fatal(err)
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		log.Fatalf("%s: holds no certificate", ca)
	}
	return credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots})
}
