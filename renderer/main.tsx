import '@fontsource-variable/inter/wght.css';
import './ui/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { startLink } from './shell/link.ts';
import { Shell } from './shell/Shell.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
startLink();
createRoot(root).render(
  <StrictMode>
    <Shell />
  </StrictMode>,
);
