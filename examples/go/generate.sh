#!/bin/sh
# Makes Go packages of the .proto files in the folder named, laid out as GOPATH wants it. Needs protoc and its Go plugin with
# gRPC (Debian: protobuf-compiler protoc-gen-go-1-3).
set -eu
proto=$(dirname "$0")/../../crates/serve/proto
into=${1:-gopath}/src
schema=github.com/falcosecurity/client-go/pkg/api/schema
timestamp=github.com/golang/protobuf/ptypes/timestamp
mkdir -p "$into"
# A package at a time: each file has its own.
for file in schema outputs version; do
    protoc -I"$proto" "$proto/$file.proto" \
        --go_out="plugins=grpc,Mschema.proto=$schema,Mgoogle/protobuf/timestamp.proto=$timestamp:$into"
done
