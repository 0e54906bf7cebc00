package io.neurovisor.server.page;

import io.neurovisor.engine.text.UntrustedText;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Writes one page. Markup comes out of method calls alone: whatever is given as text or as an attribute's value is escaped by
 * the JDK's XML writer, so that there is no way to write a stranger's text as markup.
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

    /** @param attributes names and values in turn */
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
            // HTML knows no empty elements but its own: with text in it, be it none, a start gets an end of its own.
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

    /** An element with nothing but text in it. */
    Html leaf(String element, String text, String... attributes) {
        return begin(element, attributes).text(text).end();
    }

    /** An element that never has an end, such as {@code meta}. */
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
