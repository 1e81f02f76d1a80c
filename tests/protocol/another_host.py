"""Drives the provider with tofusoup, whose host of plugins is written in Python, and prints what came of it as JSON.

Its certificate is for a P-384 key and no authority. Then others come to the same socket: somebody with the same
certificate, somebody with one of the same kind, and somebody without any."""

import asyncio
import datetime
import json
import sys
from importlib.metadata import version

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyvider.protocols.tfprotov6.protobuf import tfplugin6_pb2 as messages
from pyvider.protocols.tfprotov6.protobuf import tfplugin6_pb2_grpc as services
from tofusoup.tfplugin import errors, start_provider


def kind(pem: str) -> dict:
    """What kind of certificate it is."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    return {"curve": certificate.public_key().curve.name, "authority": constraints.value.ca}


def another_identity(of: str) -> tuple[bytes, bytes]:
    """Key and certificate of the same kind and name as another certificate."""
    model = x509.load_pem_x509_certificate(of.encode())
    key = ec.generate_private_key(ec.SECP384R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(model.subject)
        .issuer_name(model.issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2120, 1, 1))
    )
    for extension in model.extensions:
        # Its own key is another.
        if not isinstance(extension.value, (x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier)):
            builder = builder.add_extension(extension.value, extension.critical)
    certificate = builder.sign(key, hashes.SHA384())
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    return (
        key.private_bytes(pem, form, serialization.NoEncryption()),
        certificate.public_bytes(pem),
    )


async def answer_to(provider, identity: tuple[bytes, bytes] | tuple[None, None]) -> str:
    """What a call by somebody with this key and certificate comes to."""
    client = provider.client
    server = client._rebuild_x509_pem(client._server_cert).encode()
    credentials = grpc.ssl_channel_credentials(server, *identity)
    options = [("grpc.ssl_target_name_override", "localhost")]
    async with grpc.aio.secure_channel(client.target_endpoint, credentials, options) as channel:
        stub = services.ProviderStub(channel)
        try:
            await stub.GetProviderSchema(messages.GetProviderSchema.Request(), timeout=20)
        except grpc.aio.AioRpcError as error:
            return error.code().name
    return "answered"


async def main(binary: str) -> dict:
    provider = await start_provider(binary)
    try:
        schema = await provider.stub.GetProviderSchema(messages.GetProviderSchema.Request())
        provider.schema = schema
        validated = await provider.stub.ValidateProviderConfig(
            messages.ValidateProviderConfig.Request(config=provider.provider_config())
        )
        certificate = provider.client.client_cert
        this = (provider.client.client_key_pem.encode(), certificate.encode())
        return {
            "protocol": provider.protocol_version,
            "transport": provider.transport,
            "certificate": kind(certificate),
            "resources": sorted(schema.resource_schemas),
            "data sources": sorted(schema.data_source_schemas),
            "ephemeral resources": sorted(schema.ephemeral_resource_schemas),
            "errors": len(errors(schema.diagnostics)) + len(errors(validated.diagnostics)),
            "this certificate": await answer_to(provider, this),
            "another certificate": await answer_to(provider, another_identity(certificate)),
            "no certificate": await answer_to(provider, (None, None)),
            "version": version("tofusoup"),
        }
    finally:
        await provider.stop()


print(json.dumps(asyncio.run(main(sys.argv[1]))))
