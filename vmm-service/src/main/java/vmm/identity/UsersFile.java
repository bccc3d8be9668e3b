package vmm.identity;

import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

import vmm.database.StartRefused;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A file of sign-ins: a YAML list of {@code {name, password, roles, groups}}. It is read whole or
 * refused with its line and what to do. The group {@code "*"} stands for every group.
 */
final class UsersFile {

    private static final Set<String> KEYS = Set.of("name", "password", "roles", "groups");

    private final Path path;
    private final List<String> warnings = new ArrayList<>();

    private UsersFile(Path path) {
        this.path = path;
    }

    /** Who can sign in, and what the operators should know about it. */
    record Read(List<SignIn> signIns, List<String> warnings) {}

    static Read read(Path path) {
        UsersFile file = new UsersFile(path);
        return new Read(file.signIns(), List.copyOf(file.warnings));
    }

    private List<SignIn> signIns() {
        if (!(root() instanceof SequenceNode list) || list.getValue().isEmpty()) {
            throw refused(
                    1,
                    "is no list of sign-ins; write one entry a person: - {name: ada, password:"
                            + " \"{bcrypt}…\", roles: [SCIENTIST], groups: [Muon]}");
        }
        List<SignIn> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Node node : list.getValue()) {
            SignIn signIn = signIn(node);
            if (!names.add(signIn.person().name())) {
                throw refused(
                        line(node), "'" + signIn.person().name() + "' comes twice; keep one entry");
            }
            all.add(signIn);
        }
        return all;
    }

    private @Nullable Node root() {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        try {
            return new Yaml(options).compose(new StringReader(Files.readString(path)));
        } catch (NoSuchFileException e) {
            throw new StartRefused(
                    "VMM_USERS: there is no file "
                            + path
                            + "; name one that this process may read");
        } catch (IOException e) {
            throw new StartRefused(
                    "VMM_USERS: "
                            + path
                            + " cannot be read ("
                            + e.getClass().getSimpleName()
                            + "); it must be a file in UTF-8 that this process may read");
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw refused(line, "is not YAML: " + oneLine(e.getProblem()));
        } catch (YAMLException e) {
            throw refused(1, "is not YAML: " + oneLine(e.getMessage()));
        }
    }

    private SignIn signIn(Node node) {
        if (!(node instanceof MappingNode entry)) {
            throw refused(line(node), "a sign-in is {name, password, roles, groups}");
        }
        Map<String, Node> values = new HashMap<>();
        for (NodeTuple tuple : entry.getValue()) {
            String key = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
            if (!KEYS.contains(key)) {
                throw refused(
                        line(tuple.getKeyNode()),
                        "'" + key + "' is unknown; there are name, password, roles, groups");
            }
            if (values.put(key, tuple.getValueNode()) != null) {
                throw refused(line(tuple.getKeyNode()), "'" + key + "' comes twice; keep one");
            }
        }
        String name = name(entry, values.get("name"));
        String hash = password(entry, name, values.get("password"));
        Set<Role> roles = roles(entry, name, values.get("roles"));
        Set<String> groups = groups(name, values.get("groups"));
        boolean all = groups.remove("*");
        return new SignIn(new Person(name, roles, groups, all), hash);
    }

    private String name(MappingNode entry, @Nullable Node node) {
        if (node == null) {
            throw refused(line(entry), "a sign-in has no name");
        }
        String name = text(node, "name");
        if (!name.matches("[\\p{L}\\p{N}._@+-]{1,100}")) {
            throw refused(line(node), "a name has 1 to 100 letters, digits and . _ @ + -");
        }
        return name;
    }

    private String password(MappingNode entry, String name, @Nullable Node node) {
        if (node == null) {
            throw refused(line(entry), "'" + name + "' has no password");
        }
        String hash = text(node, "password");
        String wrong = Passwords.whyUnusable(hash);
        if (wrong != null) {
            throw refused(line(node), "the password of '" + name + "' " + wrong);
        }
        if (!Passwords.slow(hash)) {
            warnings.add(
                    path
                            + ":"
                            + line(node)
                            + ": the password of '"
                            + name
                            + "' is kept in a form that is quickly guessed; use {bcrypt}");
        }
        return hash;
    }

    private Set<Role> roles(MappingNode entry, String name, @Nullable Node node) {
        Set<Role> roles = new TreeSet<>();
        for (Node element : elements(node, "roles")) {
            String role = text(element, "roles").toUpperCase(Locale.ROOT);
            try {
                roles.add(Role.valueOf(role));
            } catch (IllegalArgumentException e) {
                throw refused(
                        line(element),
                        "'" + role + "' is no role; there are SCIENTIST, OPERATOR, ADMIN");
            }
        }
        if (roles.isEmpty()) {
            throw refused(
                    line(entry), "'" + name + "' has no role; give SCIENTIST, OPERATOR or ADMIN");
        }
        return roles;
    }

    private Set<String> groups(String name, @Nullable Node node) {
        Set<String> groups = new TreeSet<>();
        for (Node element : elements(node, "groups")) {
            String group = text(element, "groups");
            if (group.isBlank() || group.length() > 200) {
                throw refused(line(element), "a group of '" + name + "' has 1 to 200 characters");
            }
            groups.add(group);
        }
        return groups;
    }

    private List<Node> elements(@Nullable Node node, String key) {
        if (node == null) {
            return List.of();
        }
        if (!(node instanceof SequenceNode list)) {
            throw refused(
                    line(node),
                    key
                            + " is a list: "
                            + key
                            + ": ["
                            + (key.equals("roles") ? "SCIENTIST" : "Muon")
                            + "]");
        }
        return list.getValue();
    }

    private String text(Node node, String key) {
        if (node instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.NULL)) {
            return scalar.getValue();
        }
        String hint = key.equals("password") ? "; write quotes around it: \"{bcrypt}…\"" : "";
        throw refused(line(node), key + " must be text" + hint);
    }

    private StartRefused refused(int line, String what) {
        return new StartRefused("VMM_USERS: " + path + ":" + line + ": " + what);
    }

    private static int line(Node node) {
        return node.getStartMark() == null ? 1 : node.getStartMark().getLine() + 1;
    }

    private static String oneLine(@Nullable String message) {
        return message == null ? "it cannot be read" : message.replaceAll("\\s+", " ").strip();
    }
}
