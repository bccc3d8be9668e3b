package vmm.guest;

import org.jspecify.annotations.Nullable;
import org.springdoc.core.utils.SpringDocUtils;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.MethodParameter;
import org.springframework.web.bind.support.WebDataBinderFactory;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodArgumentResolver;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

import vmm.web.Problem;

import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Gives a controller whose first parameter is a {@link Guest} the one whose token was sent: before
 * the body is read.
 */
@Configuration(proxyBeanMethods = false)
class GuestArgument implements WebMvcConfigurer, HandlerMethodArgumentResolver {
    private static final String SCHEME = "Bearer ";

    static {
        SpringDocUtils.getConfig().addRequestWrapperToIgnore(Guest.class);
    }

    private final ObjectProvider<GuestTokens> tokens;

    /** Later than the web layer, which is there before the installation is known. */
    GuestArgument(ObjectProvider<GuestTokens> tokens) {
        this.tokens = tokens;
    }

    @Override
    public void addArgumentResolvers(List<HandlerMethodArgumentResolver> resolvers) {
        resolvers.add(this);
    }

    @Override
    public boolean supportsParameter(MethodParameter parameter) {
        return parameter.getParameterType() == Guest.class;
    }

    @Override
    public Guest resolveArgument(
            MethodParameter parameter,
            @Nullable ModelAndViewContainer view,
            NativeWebRequest request,
            @Nullable WebDataBinderFactory binders) {
        return Optional.ofNullable(request.getHeader("Authorization"))
                .filter(header -> header.regionMatches(true, 0, SCHEME, 0, SCHEME.length()))
                .flatMap(header -> guest(header.substring(SCHEME.length()).strip()))
                .orElseThrow(
                        () ->
                                Problem.unauthorized(
                                                "Send the token of /etc/vmm/guest.json:"
                                                        + " Authorization: Bearer <token>.")
                                        .header("WWW-Authenticate", "Bearer"));
    }

    private Optional<Guest> guest(String token) {
        int dot = token.indexOf('.');
        if (dot < 0) return Optional.empty();
        try {
            var vm = UUID.fromString(token.substring(0, dot));
            return tokens.getObject().accepts(vm, token)
                    ? Optional.of(new Guest(vm))
                    : Optional.empty();
        } catch (IllegalArgumentException noId) {
            return Optional.empty();
        }
    }
}
