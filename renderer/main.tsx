import '@fontsource-variable/inter/wght.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startLink } from './shell/link.ts';
import { parseRoute } from './shell/routes.ts';
import { Shell } from './shell/Shell.tsx';
import { preloadScreen } from './shell/screens.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
// The first screen's code is fetched beside the frame's work, not after it.
preloadScreen(parseRoute(location.hash).screen);
startLink();
createRoot(root).render(
  <StrictMode>
    <Shell />
  </StrictMode>,
);
