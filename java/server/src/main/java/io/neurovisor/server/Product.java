package io.neurovisor.server;

/** Which NeuroVisor this is. */
public final class Product {
    private Product() {}

    /** As in {@code 0.1.0}; {@code unpackaged} for classes that are in no jar. */
    public static String version() {
        String version = Product.class.getPackage().getImplementationVersion();
        return version == null ? "unpackaged" : version;
    }
}
