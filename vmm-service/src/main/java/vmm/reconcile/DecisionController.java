package vmm.reconcile;

import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.validation.constraints.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import vmm.web.Cursor;
import vmm.web.Limit;
import vmm.web.Names;
import vmm.web.Page;

import java.time.Instant;
import java.util.List;

/** The kept decisions over HTTP. */
@RestController
@RequestMapping(path = "/api/v1/decisions", produces = MediaType.APPLICATION_JSON_VALUE)
class DecisionController {
    private final Decisions decisions;

    DecisionController(Decisions decisions) {
        this.decisions = decisions;
    }

    @GetMapping
    Page<DecisionView> listDecisions(
            @RequestParam(required = false)
                    @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE)
                    @Nullable String pool,
            @RequestParam(required = false) @Nullable Instant from,
            @RequestParam(required = false) @Nullable Instant to,
            @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
            @RequestParam(required = false) @Nullable Cursor cursor) {
        long before = cursor == null ? Long.MAX_VALUE : cursor.ofSize(1).value(0, Long::parseLong);
        return Page.of(
                        decisions.before(
                                before, new Decisions.Wanted(pool, from, to), limit.plusOne()),
                        limit,
                        kept -> Cursor.at(kept.id()))
                .map(
                        kept ->
                                new DecisionView(
                                        Long.toString(kept.id()),
                                        kept.at(),
                                        kept.pool(),
                                        kept.summary(),
                                        kept.reasons()));
    }

    /** What was decided about a pool, and why. */
    @Schema(name = "Decision")
    record DecisionView(String id, Instant at, String pool, String summary, List<String> reasons) {}
}
