import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { PAGES } from './api.ts';
import { Broken } from './parts/broken.tsx';
import { Home } from './parts/home.tsx';
import { NotFound } from './parts/not-found.tsx';
import { readSearch } from './parts/search.ts';
import { Shell } from './shell.tsx';

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound, validateSearch: readSearch });
const at = () => root;

const routes = [
  createRoute({
    getParentRoute: at,
    path: '/',
    component: Home,
  }),
  createRoute({
    getParentRoute: at,
    path: '/overview',
    component: lazyRouteComponent(() => import('./pages/overview.tsx'), 'Overview'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/orders',
    component: lazyRouteComponent(() => import('./pages/orders.tsx'), 'Orders'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/orders/$order',
    component: lazyRouteComponent(() => import('./pages/order.tsx'), 'Order'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/resources',
    component: lazyRouteComponent(() => import('./pages/resources.tsx'), 'Resources'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/resources/$resource',
    component: lazyRouteComponent(() => import('./pages/resource.tsx'), 'Resource'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/plan',
    component: lazyRouteComponent(() => import('./pages/plan.tsx'), 'Plan'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/report',
    component: lazyRouteComponent(() => import('./pages/dry-report.tsx'), 'DryReport'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/health',
    component: lazyRouteComponent(() => import('./pages/health.tsx'), 'Health'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/mine',
    component: lazyRouteComponent(() => import('./quota/my-usage.tsx'), 'MyUsage'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/hosts',
    component: lazyRouteComponent(() => import('./quota/hosts.tsx'), 'Hosts'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/device',
    component: lazyRouteComponent(() => import('./quota/device.tsx'), 'Device'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/defaults',
    component: lazyRouteComponent(() => import('./quota/defaults.tsx'), 'Defaults'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/docker',
    component: lazyRouteComponent(() => import('./quota/docker-review.tsx'), 'DockerReview'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/notifications',
    component: lazyRouteComponent(() => import('./quota/notifications.tsx'), 'Notifications'),
  }),
  createRoute({
    getParentRoute: at,
    path: '/mappings',
    component: lazyRouteComponent(() => import('./quota/mappings.tsx'), 'Mappings'),
  }),
];

export function createPageRouter() {
  return createRouter({
    routeTree: root.addChildren(routes),
    basepath: PAGES,
    defaultErrorComponent: Broken,
    defaultPreload: 'intent',
    scrollRestoration: true,
    // Plain texts: an address that a person can read and type.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => {
      const kept = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
      const text = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
      return text === '' ? '' : `?${text}`;
    },
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>;
  }
}
