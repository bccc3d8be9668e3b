package vmm.web;

import org.springframework.core.io.ClassPathResource;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

import tools.jackson.databind.json.JsonMapper;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * The description of the API, as it is kept in docs/api/openapi.yaml: a contract, and not what the
 * code happens to do.
 */
@RestController
class ApiDescription {
    private static final String FILE = "openapi/openapi.yaml";

    private final String yaml;
    private final String json;

    ApiDescription() throws IOException {
        this.yaml = new ClassPathResource(FILE).getContentAsString(StandardCharsets.UTF_8);
        this.json = json(yaml);
    }

    @GetMapping(path = "/v3/api-docs", produces = MediaType.APPLICATION_JSON_VALUE)
    String json() {
        return json;
    }

    @GetMapping(path = "/v3/api-docs.yaml", produces = "application/yaml")
    String yaml() {
        return yaml;
    }

    private static String json(String yaml) {
        var options = new LoaderOptions();
        var parser =
                new Yaml(
                        new SafeConstructor(options),
                        new Representer(new DumperOptions()),
                        new DumperOptions(),
                        options,
                        new Words());
        return JsonMapper.builder()
                .build()
                .writeValueAsString(Objects.requireNonNull(parser.load(yaml)));
    }

    /** What looks like a date is text. */
    private static final class Words extends Resolver {
        @Override
        public void addImplicitResolver(Tag tag, Pattern form, String first, int limit) {
            if (!tag.equals(Tag.TIMESTAMP)) super.addImplicitResolver(tag, form, first, limit);
        }
    }
}
