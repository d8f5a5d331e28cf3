/** The design system: everything a screen is made of. Import from here, never from a library of primitives. */
export { Button, type ButtonProps, type ButtonVariant } from './Button.tsx';
export { Chip, type ChipProps, type ChipTone } from './Chip.tsx';
export { cx } from './cx.ts';
export { AlertDialog, type AlertDialogProps, Dialog, type DialogProps } from './Dialog.tsx';
export { KeyValue, Meter, type MeterProps } from './Facts.tsx';
export type { Aim, Budget, Range } from './gradual.ts';
export { IconButton, type IconButtonProps } from './IconButton.tsx';

export { Kbd } from './Kbd.tsx';
export { ContextMenu, type ContextMenuProps, DropdownMenu, type DropdownMenuProps, type MenuEntry } from './Menus.tsx';
export { PanelLayout, type PanelLayoutProps } from './PanelLayout.tsx';
export { Popover, type PopoverProps } from './Popover.tsx';
export { ProgressBar, type ProgressBarProps, timeLeft } from './ProgressBar.tsx';
export { Segmented, type SegmentedOption, type SegmentedProps } from './Segmented.tsx';
export { Select, type SelectOption, type SelectProps } from './Select.tsx';
export { Slider, type SliderProps } from './Slider.tsx';
export { EmptyState, type EmptyStateProps, ErrorState, type ErrorStateProps, Skeleton } from './States.tsx';
export { Tabs, type TabsProps } from './Tabs.tsx';
export { SearchField, type SearchFieldProps, TextField, type TextFieldProps } from './TextField.tsx';
export { type ToastData, Toasts, type ToastTone } from './Toast.tsx';
export { Checkbox, Switch, type ToggleProps } from './Toggles.tsx';
export { Tooltip, TooltipProvider } from './Tooltip.tsx';
export { type GradualOptions, useGradual } from './useGradual.ts';
export { useWarmPictures } from './useWarmPictures.ts';
export {
  columnsFor,
  VirtualGrid,
  type VirtualGridProps,
  type VirtualHandle,
  VirtualList,
  type VirtualListProps,
} from './Virtual.tsx';
