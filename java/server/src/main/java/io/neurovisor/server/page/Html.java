package io.neurovisor.server.page;

import io.neurovisor.engine.text.UntrustedText;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Writes a page. Markup is created by method calls only; all text and attribute values are escaped by the JDK's XML
 * writer, so text from outside cannot become markup.
 */
final class Html {
    private static final XMLOutputFactory FACTORY = XMLOutputFactory.newDefaultFactory();

    private final StringWriter page = new StringWriter();
    private final XMLStreamWriter out;

    Html() {
        page.write("<!DOCTYPE html>\n");
        try {
            out = FACTORY.createXMLStreamWriter(page);
        } catch (XMLStreamException exception) {
            throw failed(exception);
        }
    }

    /** @param attributes alternating names and values */
    Html begin(String element, String... attributes) {
        try {
            out.writeStartElement(element);
            attributes(attributes);
            return this;
        } catch (XMLStreamException exception) {
            throw failed(exception);
        }
    }

    Html end() {
        try {
            // HTML has its own rules for empty elements. Writing empty text forces a separate end tag.
            out.writeCharacters("");
            out.writeEndElement();
            return this;
        } catch (XMLStreamException exception) {
            throw failed(exception);
        }
    }

    Html text(String text) {
        try {
            out.writeCharacters(UntrustedText.line(text));
            return this;
        } catch (XMLStreamException exception) {
            throw failed(exception);
        }
    }

    Html leaf(String element, String text, String... attributes) {
        return begin(element, attributes).text(text).end();
    }

    /** Writes an element without an end tag, such as {@code meta}. */
    Html empty(String element, String... attributes) {
        try {
            out.writeEmptyElement(element);
            attributes(attributes);
            return this;
        } catch (XMLStreamException exception) {
            throw failed(exception);
        }
    }

    String finish() {
        try {
            out.writeEndDocument();
            out.flush();
            return page + "\n";
        } catch (XMLStreamException exception) {
            throw failed(exception);
        }
    }

    private void attributes(String... attributes) throws XMLStreamException {
        for (int i = 0; i < attributes.length; i += 2) {
            out.writeAttribute(attributes[i], UntrustedText.line(attributes[i + 1]));
        }
    }

    private static UncheckedIOException failed(XMLStreamException exception) {
        return new UncheckedIOException(new IOException(exception));
    }
}
