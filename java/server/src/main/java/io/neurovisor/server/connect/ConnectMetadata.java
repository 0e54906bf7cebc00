package io.neurovisor.server.connect;

import io.grpc.Metadata;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Headers of HTTP as metadata of gRPC, and the reverse. */
final class ConnectMetadata {
    private static final Pattern NAME = Pattern.compile("[0-9a-z_.-]+");
    private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/]*={0,2}");

    /** Of the status, which Connect writes otherwise. */
    private static final Set<String> RESERVED = Set.of("grpc-status-details-bin", "grpc-status", "grpc-message");

    /** Of the connection, which gRPC warns of. */
    private static final Set<String> OF_THE_CONNECTION =
            Set.of("connection", "content-length", "host", "http2-settings", "te", "transfer-encoding", "upgrade");

    private ConnectMetadata() {}

    /** Returns what a client has sent; values that are not of the form of their names are left out. */
    static Metadata of(Map<String, List<String>> headers) {
        Metadata metadata = new Metadata();
        headers.forEach((name, values) -> {
            if (NAME.matcher(name).matches() && !name.startsWith("connect-") && !OF_THE_CONNECTION.contains(name)) {
                values.forEach(value -> put(metadata, name, value));
            }
        });
        return metadata;
    }

    private static void put(Metadata metadata, String name, String value) {
        if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        } else if (BASE64.matcher(value).matches() && value.replace("=", "").length() % 4 != 1) {
            metadata.put(
                    Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER),
                    Base64.getDecoder().decode(value.replace("=", "")));
        }
    }

    /** Returns all values by their names, as Connect writes them. */
    static Map<String, List<String>> values(Metadata metadata) {
        Map<String, List<String>> values = new TreeMap<>();
        for (String name : metadata.keys()) {
            if (!RESERVED.contains(name)) {
                values.put(name, values(metadata, name));
            }
        }
        return values;
    }

    private static List<String> values(Metadata metadata, String name) {
        List<String> values = new ArrayList<>();
        if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            Iterable<byte[]> all = metadata.getAll(Metadata.Key.of(name, Metadata.BINARY_BYTE_MARSHALLER));
            if (all != null) {
                all.forEach(value -> values.add(ConnectErrors.BASE64.encodeToString(value)));
            }
        } else {
            Iterable<String> all = metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
            if (all != null) {
                all.forEach(values::add);
            }
        }
        return values;
    }
}
