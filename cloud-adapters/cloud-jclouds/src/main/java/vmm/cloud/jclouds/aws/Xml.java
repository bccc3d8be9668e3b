package vmm.cloud.jclouds.aws;

import vmm.cloud.CloudFailure;

import java.io.StringReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;

/**
 * An element of a document that others wrote: what is missing or odd is empty. Namespaces and
 * attributes are not looked at.
 *
 * @param content its own text
 */
record Xml(String name, String content, List<Xml> children) {

    private static final int DEEPEST = 64;

    /**
     * The root of a document.
     *
     * @throws CloudFailure.Unreachable if it is none, or is not whole
     */
    static Xml parse(String body) throws CloudFailure {
        try {
            return read(body);
        } catch (XMLStreamException e) {
            throw new CloudFailure.Unreachable("the answer is no XML document");
        }
    }

    Optional<Xml> child(String wanted) {
        return children.stream().filter(child -> child.name.equals(wanted)).findFirst();
    }

    /** The text of what is found by going down this way, if it is not blank. */
    Optional<String> text(String... way) {
        var at = Optional.of(this);
        for (var step : way) at = at.flatMap(element -> element.child(step));
        return at.map(element -> element.content.strip()).filter(text -> !text.isEmpty());
    }

    /** A number that is not negative. */
    OptionalInt count(String... way) {
        var text = text(way).orElse("");
        return text.matches("\\d{1,9}")
                ? OptionalInt.of(Integer.parseInt(text))
                : OptionalInt.empty();
    }

    /** The items of a list, none if it is not there. */
    List<Xml> items(String list) {
        return child(list).map(Xml::items).orElse(List.of());
    }

    /** The items of this list. */
    List<Xml> items() {
        return children.stream().filter(child -> child.name.equals("item")).toList();
    }

    /** The first element of a name, wherever it is. */
    Optional<Xml> find(String wanted) {
        if (name.equals(wanted)) return Optional.of(this);
        return children.stream().flatMap(child -> child.find(wanted).stream()).findFirst();
    }

    private static Xml read(String body) throws XMLStreamException {
        var open = new ArrayDeque<Draft>();
        open.push(new Draft(""));
        var reader = readers().createXMLStreamReader(new StringReader(body.strip()));
        try {
            while (reader.hasNext()) {
                switch (reader.next()) {
                    case XMLStreamConstants.START_ELEMENT ->
                            open.push(new Draft(reader.getLocalName()));
                    case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA ->
                            open.element().text.append(reader.getText());
                    case XMLStreamConstants.END_ELEMENT -> {
                        var done = open.pop().done();
                        open.element().children.add(done);
                    }
                    case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
                            throw new XMLStreamException("entities are not read");
                    default -> {}
                }
                if (open.size() > DEEPEST) throw new XMLStreamException("too deep");
            }
        } finally {
            reader.close();
        }
        return open.element().children.getFirst();
    }

    /** One for each document: they are cheap, and nobody promises that threads may share one. */
    private static XMLInputFactory readers() {
        var factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        factory.setProperty(XMLInputFactory.IS_NAMESPACE_AWARE, true);
        return factory;
    }

    /** An element that is being read. */
    private static final class Draft {
        final String name;
        final StringBuilder text = new StringBuilder();
        final List<Xml> children = new ArrayList<>();

        Draft(String name) {
            this.name = name;
        }

        Xml done() {
            return new Xml(name, text.toString(), List.copyOf(children));
        }
    }
}
