package vmm.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.context.annotation.Configuration;
import org.springframework.http.CacheControl;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.ResourceHandlerRegistry;
import org.springframework.web.servlet.config.annotation.ViewControllerRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.servlet.resource.NoResourceFoundException;

import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The web pages: one document that finds its way by its address, and assets whose names are their
 * hashes.
 */
@Configuration(proxyBeanMethods = false)
class SinglePage implements WebMvcConfigurer {
    static final String DOCUMENT = "forward:/index.html";

    private static final List<String> OF_PROGRAMS =
            List.of(
                    "/api/",
                    "/compat/",
                    "/actuator",
                    "/v3/",
                    "/swagger-ui",
                    "/assets/",
                    "/index.html");

    @Override
    public void addViewControllers(ViewControllerRegistry views) {
        for (String route :
                new String[] {
                    "/login",
                    "/login/",
                    "/machines",
                    "/machines/",
                    "/requests/**",
                    "/admin",
                    "/admin/**"
                }) {
            views.addViewController(route).setViewName(DOCUMENT);
        }
    }

    /** The generated description is what the code happens to do; ours is served in its place. */
    @Override
    public void addInterceptors(InterceptorRegistry interceptors) {
        interceptors
                .addInterceptor(
                        new HandlerInterceptor() {
                            @Override
                            public boolean preHandle(
                                    HttpServletRequest request,
                                    HttpServletResponse response,
                                    Object handler) {
                                throw Problems.nowhere();
                            }
                        })
                .addPathPatterns("/v3/generated", "/v3/generated.yaml");
    }

    /**
     * Whether a browser has followed an address that nobody serves: the document then says so, in
     * words and with a way home.
     */
    static boolean lost(HttpServletRequest request, Exception thrown) {
        String accept = request.getHeader("Accept");
        return thrown instanceof NoResourceFoundException
                && Set.of("GET", "HEAD").contains(request.getMethod())
                && accept != null
                && accept.contains("text/html")
                && OF_PROGRAMS.stream().noneMatch(request.getRequestURI()::startsWith);
    }

    @Override
    public void addResourceHandlers(ResourceHandlerRegistry resources) {
        resources
                .addResourceHandler("/assets/**")
                .addResourceLocations("classpath:/static/assets/")
                .setCacheControl(
                        CacheControl.maxAge(Duration.ofDays(365)).cachePublic().immutable());
    }
}
